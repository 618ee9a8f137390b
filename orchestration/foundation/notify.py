"""Telling somebody: the hook that runs when a night fails or a return is refused.

Belongs here: handing one event to the command and the webhook of the settings. Does not belong here: deciding
what is worth telling, or how the event reads.

A hook that fails is logged and nothing more: the night goes on. Commands and webhook addresses often hold
tokens, so the log names the program and the host, never arguments, paths, or what either answered.
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
class Notified:
    """Which hooks took the event: True or False, None where no such hook is set."""

    command: bool | None
    webhook: bool | None


def notify(settings: Settings, event: Mapping[str, Any]) -> Notified:
    """Runs the hooks of the settings with `event` as JSON (times, paths and dataclasses are written as text).

    Never raises and never takes much longer than `notify_timeout_seconds` for an attempt.
    """
    try:
        body = to_json(event, fallback=str)
    except Exception as error:
        log.error("The event cannot be written as JSON (%s); nobody was told.", type(error).__name__)
        return Notified(
            command=False if settings.notify_command else None,
            webhook=False if settings.notify_webhook else None,
        )
    return Notified(
        command=_run(settings.notify_command, body, settings) if settings.notify_command else None,
        webhook=_post(settings.notify_webhook, body, settings) if settings.notify_webhook else None,
    )


def _run(command: str, body: bytes, settings: Settings) -> bool:
    """Runs the command, without a shell, with the event on its stdin; True if it ended with 0 in time."""
    name = "the command"
    try:
        words = shlex.split(command)
        name = Path(words[0]).name
        process = subprocess.Popen(  # noqa: S603 - whoever sets the setting may run commands here anyway
            words,
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        try:
            process.communicate(body, timeout=settings.notify_timeout_seconds)
        except BaseException:
            # The whole group: a shell script's children would otherwise outlive it.
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
    """Post the event; return True if the server accepted it, at the third attempt at the latest."""
    import requests  # here and below, so that commands without a notification need not wait for it

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
        log.error("Notification by webhook to %s failed (it answered %d).", host, status)
        return False
    except Exception as error:
        log.error("Notification by webhook to %s failed (%s).", host, cause(error))
        return False
    return True


def _post_once(url: str, body: bytes, timeout: float) -> None:
    """Post the event; raise HTTPError unless the server accepts it."""
    import requests

    from orchestration.foundation.web_client import open_session

    # A redirected POST would arrive as a GET without the event, so a redirect is a refusal. The body is not read.
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
