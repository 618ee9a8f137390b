"""Connector for HTTP and HTTPS: one address that always shows the latest edition of a return.

Contains requesting only new files, and checking that a response is complete. Not here: opening connections
(`web_client`), or the content of the file (`returns.screening`).
"""

import logging
import os
import re
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.message import Message
from email.utils import collapse_rfc2231_value, parsedate_to_datetime
from http import HTTPStatus
from pathlib import Path, PurePosixPath
from typing import Literal
from urllib.parse import unquote, urljoin, urlsplit

import requests
import urllib3.exceptions
from pydantic import BaseModel, Field, ValidationError, field_validator
from requests import Response, Session
from tenacity import RetryCallState, Retrying, retry_if_exception, stop_after_attempt, wait_exponential_jitter

from orchestration.foundation import atomic_files, clock
from orchestration.foundation.settings import Settings
from orchestration.foundation.web_client import cause, open_session
from orchestration.returns.connectors.interface import Definition, Pulled, Source, SourceError
from orchestration.returns.landing.landing_area import FileNotLandedError, Landing, Staged
from orchestration.returns.landing.origin import Origin
from orchestration.returns.landing.receipts import Instant

FIRST_WAIT_SECONDS = 1.0
LONGEST_WAIT_SECONDS = 120.0
LONGEST_DOWNLOAD_SECONDS = 3600.0
MOST_REDIRECTS = 5
REDIRECTS = {301, 302, 303, 307, 308}

log = logging.getLogger(__name__)


class Http(Definition):
    """Block `pull: {connector: http, url: https://…}`, with settings that the address does not contain."""

    connector: Literal["http"]
    url: str = Field(description="Address of the latest edition.")
    file_name: str | None = Field(
        default=None, description="Name of the file, if the server and the address do not contain it."
    )
    period: str | None = Field(
        default=None,
        description="Regular expression for the period in the file's name or address, if the file does not contain it: "
        "the period is its groups, joined by '-', or else the whole match.",
    )
    headers_from_environment: dict[str, str] = Field(
        default={}, description="Request headers, each with the environment variable that holds its value."
    )

    @field_validator("url")
    @classmethod
    def _is_an_address_without_secrets(cls, url: str) -> str:
        parts = urlsplit(url)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise ValueError(f"'{url}' is not an address that starts with http:// or https://")
        if parts.username or parts.password:
            raise ValueError("an address must not contain a password; use headers_from_environment")
        return url

    @field_validator("period")
    @classmethod
    def _can_be_searched_for(cls, period: str | None) -> str | None:
        try:
            re.compile(period or "")
        except re.error as error:
            raise ValueError(f"'{period}' is not a regular expression ({error})") from error
        return period


class _TransientError(SourceError):
    """A failure that a retry may cure: no connection, a download that ended early, 429 or 5xx."""

    def __init__(self, message: str, retry_after: float | None = None) -> None:
        super().__init__(message)
        self.retry_after = retry_after


class _Memory(BaseModel):
    """Last download of one return, stored so that the next request can be conditional."""

    url: str
    etag: str | None
    last_modified: str | None
    sha256: str
    submission_key: str
    received_at: Instant


@dataclass
class _Body:
    """Body of a response, read in pieces; one that ends early or takes too long raises."""

    response: Response
    deadline: float

    def read(self, size: int, /) -> bytes:
        """Return at most `size` decoded bytes, as soon as some arrive, so that the deadline applies to slow servers."""
        if time.monotonic() > self.deadline:
            raise TimeoutError
        chunk: bytes = self.response.raw.read1(size, decode_content=True)
        return chunk


@dataclass(frozen=True)
class _Edition:
    """Edition in a response; `memory` is the previous download."""

    definition: Http
    source: Source
    response: Response
    memory: _Memory | None
    name: str
    period: str | None

    @property
    def validators(self) -> dict[str, str | None]:
        """Headers that make the next request conditional."""
        headers = self.response.headers
        return {"etag": headers.get("ETag"), "last_modified": headers.get("Last-Modified")}

    @property
    def fingerprint(self) -> str:
        """Text that stays the same while the server shows the same edition."""
        etag, last_modified = (self.validators[name] or "" for name in ("etag", "last_modified"))
        return " ".join((self.definition.url, etag, last_modified, str(_announced_bytes(self.response))))

    def origin(self) -> Origin:
        """Return the origin of the file, with the time at which this edition was received."""
        before = self.memory.received_at if self.memory else None
        return Origin(
            return_code=self.source.return_code,
            kind=self.source.kind,
            department_code=self.source.department_code,
            file_name=self.name,
            received_at=_received_at(self.validators["last_modified"], before),
            source="http",
            sender=urlsplit(self.definition.url).hostname,
            period_hint=self.period,
        )


def fetch(definition: Http, source: Source, settings: Settings, landing: Landing, pulled: Pulled) -> None:
    """Download the file if it has changed since the last pull, and land it.

    `received_at` is the server's Last-Modified. If that is in the future, or not later than the previous edition,
    it is the present time. A download with the same bytes as the previous one is not a new submission, whatever its
    headers.
    """
    path = landing.folder / "pull" / f"{source.return_code}.json"
    memory = _recall(path, definition.url, landing)
    headers = {"Accept-Encoding": "identity"}  # the bytes as published, so that their sha256 can be compared
    if memory and memory.etag:
        headers["If-None-Match"] = memory.etag
    if memory and memory.last_modified:
        headers["If-Modified-Since"] = memory.last_modified
    secrets = _secrets(definition)
    retrying = Retrying(
        stop=stop_after_attempt(settings.pull_attempts),
        retry=retry_if_exception(_is_worth_a_retry),
        wait=_wait,
        before_sleep=_log_retry,
        reraise=True,
    )
    latest: _Memory | None = None
    with open_session() as session:
        for attempt in retrying:
            deadline = time.monotonic() + LONGEST_DOWNLOAD_SECONDS
            with (
                attempt,
                _open_response(session, definition.url, headers, secrets, settings.pull_timeout_seconds) as response,
            ):
                if response.status_code == HTTPStatus.NOT_MODIFIED and memory:
                    return
                _refuse_unless_ok(response, definition.url)
                name = definition.file_name or _name(response, definition.url) or source.return_code
                period = _period(definition, name, response.url, pulled)
                edition = _Edition(definition, source, response, memory, name, period)
                try:
                    with landing.stage(_Body(response, deadline), name, _announced_bytes(response)) as staged:
                        latest = _receive(staged, edition, landing, pulled)
                except FileNotLandedError as error:
                    landing.reject(error, edition.origin(), edition.fingerprint)
                    raise
    if latest is not None and latest != memory:
        atomic_files.write_whole(landing.incoming, path, latest.model_dump_json(indent=2))


def _receive(staged: Staged, edition: _Edition, landing: Landing, pulled: Pulled) -> _Memory:
    """Land the download, unless it repeats the previous one; return what to remember."""
    if edition.memory and edition.memory.sha256 == staged.sha256:
        return edition.memory.model_copy(update=edition.validators)
    arrival = landing.receive(staged, edition.origin())
    if arrival.is_new:
        pulled.arrived.append(arrival.receipt)
    return _Memory(
        url=edition.definition.url,
        sha256=staged.sha256,
        submission_key=arrival.receipt.submission_key,
        received_at=arrival.receipt.received_at,
        **edition.validators,
    )


def _received_at(last_modified: str | None, before: datetime | None) -> datetime:
    """Return Last-Modified if it is plausible, otherwise the present time; always later than `before`."""
    now = clock.now().replace(microsecond=0)
    claimed = _http_date(last_modified)
    if claimed is not None and claimed <= now and (before is None or claimed > before):
        return claimed
    return now if before is None else max(now, before + timedelta(seconds=1))


def _http_date(text: str | None) -> datetime | None:
    try:
        date = parsedate_to_datetime(text or "")
    except ValueError:
        return None
    return date.replace(tzinfo=date.tzinfo or UTC).astimezone(UTC)


def _recall(path: Path, url: str, landing: Landing) -> _Memory | None:
    """Return the memory of this address, if its submission still exists."""
    try:
        memory = _Memory.model_validate_json(path.read_bytes())
    except FileNotFoundError:
        return None
    except (ValidationError, OSError):
        log.warning("%s cannot be read; the file is downloaded without conditions.", path)
        return None
    return memory if memory.url == url and landing.find(memory.submission_key) else None


def _secrets(definition: Http) -> dict[str, bytes]:
    """Return the headers whose values are in the environment."""
    for header, variable in definition.headers_from_environment.items():
        if not os.environ.get(variable, "").strip():
            raise SourceError(
                f"{definition.url} needs the header {header}; set the environment variable {variable} to its value."
            )
    return {
        name: os.environ[variable].strip().encode() for name, variable in definition.headers_from_environment.items()
    }


@contextmanager
def _open_response(
    session: Session, url: str, headers: dict[str, str], secrets: dict[str, bytes], timeout: float
) -> Iterator[Response]:
    """Open a response; raise any failure before its end as one sentence without secrets."""
    try:
        with _request(session, url, headers, secrets, timeout) as response:
            yield response
    except (requests.exceptions.SSLError, urllib3.exceptions.SSLError) as error:
        raise SourceError(
            f"The TLS certificate of {url} could not be verified ({cause(error)}); ask the site owner to fix it."
        ) from error
    except (requests.Timeout, urllib3.exceptions.TimeoutError, TimeoutError) as error:
        raise _TransientError(
            f"{url} timed out; check that it is up, or increase OVERSIGHT_PULL_TIMEOUT_SECONDS."
        ) from error
    except urllib3.exceptions.ProtocolError as error:
        raise _TransientError(f"The download from {url} ended early; nothing was landed.") from error
    except requests.ConnectionError as error:
        raise _TransientError(
            f"{url} cannot be reached ({cause(error)}); check the address and the network."
        ) from error
    except (requests.RequestException, urllib3.exceptions.HTTPError) as error:
        raise SourceError(
            f"{url} returned an invalid response ({type(error).__name__}); contact the site owner."
        ) from error


def _request(
    session: Session, url: str, headers: dict[str, str], secrets: dict[str, bytes], timeout: float
) -> Response:
    """Return the first response that is not a redirect; send secrets only to the server of the contract's address."""
    address = url
    for _ in range(MOST_REDIRECTS + 1):
        sent = headers | (secrets if _server(address) == _server(url) else {})
        response = session.get(address, headers=sent, timeout=timeout, stream=True, allow_redirects=False)
        if response.status_code not in REDIRECTS:
            return response
        response.close()
        address = _next_address(url, address, response.headers.get("Location", ""))
    raise SourceError(f"{url} redirects more than {MOST_REDIRECTS} times; ask the site owner for the right address.")


def _next_address(url: str, address: str, location: str) -> str:
    """Return the target of a redirect; raise unless it is http or https, and https if `address` is."""
    following = urljoin(address, location)
    scheme = urlsplit(following).scheme
    if scheme != "https" and (scheme != "http" or urlsplit(address).scheme == "https"):
        raise SourceError(
            f"{url} redirects to {scheme}:, which is not followed; ask the site owner for another address."
        )
    return following


def _server(url: str) -> tuple[str, str | None, int | None]:
    parts = urlsplit(url)
    return parts.scheme, parts.hostname, parts.port


def _refuse_unless_ok(response: Response, url: str) -> None:
    """Raise SourceError for any status but 200."""
    status = response.status_code
    if status == HTTPStatus.OK:
        return
    failure = f"{url} returned {status} {response.reason or ''}".rstrip()
    if status == HTTPStatus.TOO_MANY_REQUESTS or status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        raise _TransientError(f"{failure}; contact the site owner if this continues.", _retry_after(response))
    if status in (HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN):
        raise SourceError(f"{failure}; check headers_from_environment in the contract.")
    raise SourceError(f"{failure}; update the address in the contract.")


def _retry_after(response: Response) -> float | None:
    """Return the seconds to wait that the server asks for, from either form of the header."""
    text = response.headers.get("Retry-After", "").strip()
    if text.isdecimal():
        return float(text)
    date = _http_date(text)
    return None if date is None else max(0.0, (date - clock.now()).total_seconds())


def _is_worth_a_retry(error: BaseException) -> bool:
    """Return True for a transient failure, unless the server asks us to wait longer than a refresh can."""
    return isinstance(error, _TransientError) and (error.retry_after or 0) <= LONGEST_WAIT_SECONDS


def _wait(state: RetryCallState) -> float:
    error = state.outcome.exception() if state.outcome else None
    own = wait_exponential_jitter(FIRST_WAIT_SECONDS, LONGEST_WAIT_SECONDS, jitter=FIRST_WAIT_SECONDS)(state)
    asked = error.retry_after if isinstance(error, _TransientError) else None
    return own if asked is None else asked


def _log_retry(state: RetryCallState) -> None:
    error = state.outcome.exception() if state.outcome else None
    log.warning("%s Retrying in %.0f s.", error, state.upcoming_sleep)


def _announced_bytes(response: Response) -> int | None:
    """Return the size of the file that the server announces, unless the file is sent compressed."""
    length = response.headers.get("Content-Length", "")
    return int(length) if length.isdecimal() and "Content-Encoding" not in response.headers else None


def _name(response: Response, url: str) -> str:
    """Return the file name that the server sends, otherwise the last part of the address."""
    return (
        _attachment_name(response.headers.get("Content-Disposition")) or PurePosixPath(unquote(urlsplit(url).path)).name
    )


def _attachment_name(disposition: str | None) -> str | None:
    """Return the file name in a Content-Disposition; `filename*` takes precedence over `filename`."""
    if disposition is None:
        return None
    # Headers arrive as Latin-1, and many servers send UTF-8 in them.
    with suppress(UnicodeError):
        disposition = disposition.encode("latin-1").decode("utf-8")
    message = Message()
    message["Content-Disposition"] = disposition
    names = [value for key, value in message.get_params([], "Content-Disposition") if key == "filename"]
    return collapse_rfc2231_value(names[-1]).strip() if names else None


def _period(definition: Http, name: str, address: str, pulled: Pulled) -> str | None:
    """Return the period in the file name, otherwise in the redirected address or that of the contract."""
    if definition.period is None:
        return None
    for text in (name, unquote(address), unquote(definition.url)):
        if hit := re.search(definition.period, text):
            return "-".join(group for group in hit.groups() if group) or hit[0]
    pulled.notes.append(f"'{name}' and {definition.url} do not contain a period that matches the contract's pattern.")
    return None
