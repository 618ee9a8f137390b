"""Notifications: hooks that run when a refresh fails or a return is refused.

Contains sending one event to the command and the webhook in the settings. Not here: which events are sent, and their
content.

A hook that fails is only logged, and the refresh continues. Commands and webhook addresses often contain tokens, so the
log names the program and the host, and never arguments, paths or responses.
"""

import logging
import os
import shlex
import signal
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from pydantic_core import to_json
from tenacity import Retrying, retry_if_exception, stop_after_attempt, wait_exponential

from orchestration.foundation.settings import Settings

ATTEMPTS = 3
FIRST_WAIT_SECONDS = 1.0

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Delivery:
    """Outcome by hook: True if it accepted the event, None if it is not set."""

    command: bool | None
    webhook: bool | None


def notify(settings: Settings, event: Mapping[str, Any]) -> Delivery:
    """Run the hooks in the settings with `event` as JSON (times, paths and dataclasses become text).

    Never raise, and take little longer than `notify_timeout_seconds` for an attempt.
    """
    try:
        body = to_json(event, fallback=str)
    except Exception as error:
        log.error("The event cannot be written as JSON (%s); no notification was sent.", type(error).__name__)
        return Delivery(
            command=False if settings.notify_command else None,
            webhook=False if settings.notify_webhook else None,
        )
    return Delivery(
        command=_run(settings.notify_command, body, settings) if settings.notify_command else None,
        webhook=_post(settings.notify_webhook, body, settings) if settings.notify_webhook else None,
    )


def _run(command: str, body: bytes, settings: Settings) -> bool:
    """Run the command, without a shell, with the event on its stdin; return True if it exited with 0 in time."""
    name = "the command"
    try:
        words = shlex.split(command)
        name = Path(words[0]).name
        process = subprocess.Popen(  # noqa: S603 - the account that sets it may run commands anyway
            words,
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        try:
            process.communicate(body, timeout=settings.notify_timeout_seconds)
        except BaseException:
            # The whole process group: the children of a shell script would otherwise outlive it.
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
            raise
    except Exception as error:
        log.error("Notification by %s failed (%s).", name, type(error).__name__)
        return False
    if process.returncode != 0:
        log.error("Notification by %s failed (exit code %d).", name, process.returncode)
    return process.returncode == 0


def _post(url: str, body: bytes, settings: Settings) -> bool:
    """Post the event in up to three attempts; return True if the server accepted it."""
    import requests  # imported here and below, because most commands do not need it

    from orchestration.foundation.web_client import cause

    host = None
    try:
        parts = urlsplit(url)
        host = parts.hostname
        if parts.scheme not in ("http", "https"):
            log.error("Notification by webhook failed: OVERSIGHT_NOTIFY_WEBHOOK is not an http(s) address.")
            return False
        for attempt in Retrying(
            stop=stop_after_attempt(ATTEMPTS),
            wait=wait_exponential(multiplier=FIRST_WAIT_SECONDS),
            retry=retry_if_exception(_is_worth_a_retry),
            reraise=True,
        ):
            with attempt:
                _post_once(url, body, settings.notify_timeout_seconds)
    except requests.HTTPError as error:
        status = error.response.status_code if error.response is not None else 0
        log.error("Notification by webhook to %s failed (status %d).", host, status)
        return False
    except Exception as error:
        log.error("Notification by webhook to %s failed (%s).", host, cause(error))
        return False
    return True


def _post_once(url: str, body: bytes, timeout: float) -> None:
    """Post the event; raise HTTPError unless the server accepts it."""
    import requests

    from orchestration.foundation.web_client import open_session

    # A redirected POST would arrive as a GET without the event, so a redirect counts as a refusal.
    with (
        open_session() as session,
        session.post(
            url,
            data=body,
            headers={"Content-Type": "application/json"},
            timeout=timeout,
            stream=True,
            allow_redirects=False,
        ) as response,
    ):
        if not HTTPStatus.OK <= response.status_code < HTTPStatus.MULTIPLE_CHOICES:
            raise requests.HTTPError(response=response)


def _is_worth_a_retry(error: BaseException) -> bool:
    import requests

    if isinstance(error, requests.HTTPError) and error.response is not None:
        status = error.response.status_code
        return status == HTTPStatus.TOO_MANY_REQUESTS or status >= HTTPStatus.INTERNAL_SERVER_ERROR
    return isinstance(error, requests.ConnectionError | requests.Timeout)
