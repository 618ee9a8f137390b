"""A notification reaches its hooks; a hook that fails never stops a refresh or discloses a secret."""

import json
import os
import select
import sys
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from orchestration.foundation import notify as notifying
from orchestration.foundation.notify import Delivery, notify
from orchestration.foundation.settings import Settings

EVENT = {"event": "gate_refused", "release_id": "20250101T000000Z", "failed": ["totals reconcile"]}


@pytest.fixture(autouse=True)
def _short_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(notifying, "FIRST_WAIT_SECONDS", 0.01)
    for proxy in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.delenv(proxy, raising=False)


@dataclass
class Webhook:
    url: str
    codes: list[int]
    requests: list[tuple[str, bytes]]


@pytest.fixture
def webhook() -> Iterator[Webhook]:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            hook.requests.append((self.headers["Content-Type"], body))
            code = hook.codes.pop(0) if hook.codes else 200
            if code == 0:
                time.sleep(10)
                return
            self.send_response(code)
            self.send_header("Location", "/elsewhere")
            self.end_headers()

        def do_GET(self) -> None:
            self.do_POST()

        def log_message(self, *_: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    hook = Webhook(f"http://127.0.0.1:{server.server_port}/hook/s3cret", [], [])
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
    yield hook
    server.shutdown()
    server.server_close()


def command(tmp_path: Path, script: str, *arguments: str) -> str:
    (tmp_path / "a hook.py").write_text(script)
    return " ".join((sys.executable, f"'{tmp_path / 'a hook.py'}'", *arguments))


def test_without_hooks_nothing_is_sent() -> None:
    assert notify(Settings(notify_command=None, notify_webhook=None), EVENT) == Delivery(None, None)
    assert notify(Settings(notify_command="", notify_webhook=""), EVENT) == Delivery(None, None)


def test_the_command_gets_the_event_on_stdin_and_its_arguments_without_a_shell(tmp_path: Path) -> None:
    out = tmp_path / "out.json"
    script = f"import sys; open({str(out)!r}, 'w').write(sys.stdin.read() + '|' + '|'.join(sys.argv[1:]))"
    settings = Settings(notify_command=command(tmp_path, script, "'two words'", "$HOME", ";", "false"))
    assert notify(settings, EVENT).command is True
    body, *arguments = out.read_text().split("|")
    assert json.loads(body) == EVENT
    assert arguments == ["two words", "$HOME", ";", "false"]


def test_times_and_paths_in_an_event_are_written_as_text(tmp_path: Path) -> None:
    out = tmp_path / "out.json"
    settings = Settings(
        notify_command=command(tmp_path, f"import sys; open({str(out)!r}, 'w').write(sys.stdin.read())")
    )
    assert notify(settings, {"at": datetime(2025, 1, 1, tzinfo=UTC), "where": Path("/a"), "odd": object}).command
    assert json.loads(out.read_text()) | {"odd": ""} == {
        "at": "2025-01-01T00:00:00Z",
        "where": "/a",
        "odd": "",
    }


@pytest.mark.parametrize(
    ("hook", "message"),
    [
        (f"{sys.executable} -c 'import sys; sys.exit(7)' s3cret", "failed (exit code 7)"),
        ("/no/such/program s3cret", "program failed (FileNotFoundError)"),
        ("'unclosed s3cret", "failed (ValueError)"),
    ],
)
def test_a_command_that_fails_is_logged_without_its_arguments_and_breaks_nothing(
    hook: str, message: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("DEBUG")
    assert notify(Settings(notify_command=hook), EVENT).command is False
    assert message in caplog.text
    assert "s3cret" not in caplog.text


def test_a_command_that_does_not_read_its_stdin_succeeds() -> None:
    big = {"lines": ["x" * 1000] * 1000}
    assert notify(Settings(notify_command=f"{sys.executable} -c 'pass'"), big).command is True


def test_a_command_that_hangs_is_killed_with_all_its_children(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    # The shell and its child both have this pipe open, so it reaches its end once both have exited.
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    reader = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)
    hangs = f"""sh -c 'exec > "$0"; echo started; sleep 30 & wait' '{pipe}'"""
    assert notify(Settings(notify_command=hangs, notify_timeout_seconds=1), EVENT).command is False
    assert "Notification by sh failed (TimeoutExpired)" in caplog.text
    assert os.read(reader, 100) == b"started\n"
    assert select.select([reader], [], [], 5)[0] == [reader]
    assert os.read(reader, 100) == b""
    os.close(reader)


def test_the_webhook_gets_the_event_as_json(webhook: Webhook) -> None:
    assert notify(Settings(notify_webhook=webhook.url), EVENT) == Delivery(None, True)
    ((kind, body),) = webhook.requests
    assert kind == "application/json"
    assert json.loads(body) == EVENT


def test_a_webhook_that_is_briefly_down_is_retried(webhook: Webhook) -> None:
    webhook.codes = [503, 429]
    assert notify(Settings(notify_webhook=webhook.url), EVENT).webhook is True
    assert len(webhook.requests) == 3


@pytest.mark.parametrize(("codes", "attempts"), [([500] * 9, 3), ([404], 1), ([302], 1)])
def test_a_webhook_that_refuses_is_logged_without_its_path_and_breaks_nothing(
    webhook: Webhook, caplog: pytest.LogCaptureFixture, codes: list[int], attempts: int
) -> None:
    caplog.set_level("DEBUG")
    webhook.codes = codes.copy()
    assert notify(Settings(notify_webhook=webhook.url), EVENT).webhook is False
    assert len(webhook.requests) == attempts
    assert f"to 127.0.0.1 failed (status {codes[0]})" in caplog.text
    assert "s3cret" not in caplog.text


def test_a_webhook_that_does_not_respond_times_out(webhook: Webhook, caplog: pytest.LogCaptureFixture) -> None:
    webhook.codes = [0, 0, 0]
    started = time.monotonic()
    assert notify(Settings(notify_webhook=webhook.url, notify_timeout_seconds=0.2), EVENT).webhook is False
    assert time.monotonic() - started < 9
    assert "TimeoutError" in caplog.text


@pytest.mark.parametrize("url", ["file:///etc/passwd", "s3cret", "http://[s3cret"])
def test_a_webhook_that_is_not_a_web_address_is_refused(url: str, caplog: pytest.LogCaptureFixture) -> None:
    assert notify(Settings(notify_webhook=url), EVENT).webhook is False
    assert "Notification by webhook" in caplog.text
    assert "s3cret" not in caplog.text


def test_a_hook_that_fails_does_not_stop_the_other(webhook: Webhook) -> None:
    settings = Settings(notify_command="/no/such/program", notify_webhook=webhook.url)
    assert notify(settings, EVENT) == Delivery(command=False, webhook=True)


def test_an_event_that_is_not_json_is_logged_and_breaks_nothing(
    caplog: pytest.LogCaptureFixture,
) -> None:
    loop: dict[str, Any] = {}
    loop["itself"] = loop
    assert notify(Settings(notify_command="true"), loop) == Delivery(command=False, webhook=None)
    assert "cannot be written as JSON" in caplog.text
