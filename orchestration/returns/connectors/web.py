"""HTTP and HTTPS: one address that always shows the latest edition of a return.

Belongs here: asking only for what is new, and judging whether an answer is whole. Does not belong here: what
the file says.

Of fsspec's HTTP filesystem this uses the session (`set_session`, its documented way in) and not `open`, `cat`
or `get`: those do pass `headers` on, so a conditional request can be sent, but `cat` and `get` hand back an
answer of 304 as an empty file without its status or its ETag, and `open` first asks for the size with a
request of its own and leaves the connection of a refused request open.
"""

import logging
import os
import re
from asyncio import AbstractEventLoop
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from pathlib import Path, PurePosixPath
from typing import Any, Literal
from urllib.parse import unquote, urljoin, urlsplit

import aiohttp
import fsspec
from fsspec.asyn import sync
from pydantic import BaseModel, Field, ValidationError, field_validator
from tenacity import RetryCallState, Retrying, retry_if_exception, stop_after_attempt, wait_exponential_jitter

from orchestration.foundation import atomic_files
from orchestration.foundation.settings import Settings
from orchestration.returns.connectors.interface import Definition, Pulled, Source, SourceError
from orchestration.returns.landing.landing_area import FileNotLandedError, Landing, Staged
from orchestration.returns.landing.receipts import Instant

FIRST_WAIT_SECONDS = 1.0
LONGEST_WAIT_SECONDS = 120.0
LONGEST_DOWNLOAD_SECONDS = 3600.0
MOST_REDIRECTS = 5
REDIRECTS = {301, 302, 303, 307, 308}

log = logging.getLogger(__name__)


class Http(Definition):
    """`pull: {connector: http, url: https://…}`, with what the address cannot say itself."""

    connector: Literal["http"]
    url: str = Field(description="Where the latest edition is found.")
    file_name: str | None = Field(default=None, description="Name of the file, if the address does not tell it.")
    period: str | None = Field(
        default=None,
        description="Regular expression for the period in the file's name or address, if the file does not say it: "
        "its groups, joined by '-', or else all that it matches.",
    )
    headers_from_environment: dict[str, str] = Field(
        default={}, description="Request headers, each with the environment variable that holds its value."
    )

    @field_validator("url")
    @classmethod
    def _is_an_address_without_secrets(cls, url: str) -> str:
        parts = urlsplit(url)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise ValueError(f"'{url}' is no address that begins with http:// or https://")
        if parts.username or parts.password:
            raise ValueError("a contract is no place for a password; use headers_from_environment")
        return url

    @field_validator("period")
    @classmethod
    def _can_be_searched_for(cls, period: str | None) -> str | None:
        try:
            re.compile(period or "")
        except re.error as error:
            raise ValueError(f"'{period}' is no regular expression ({error})") from error
        return period


class _PassingError(SourceError):
    """A failure that may be gone in a moment: no connection, a broken download, 429 or 5xx."""

    def __init__(self, message: str, retry_after: float | None = None) -> None:
        super().__init__(message)
        self.retry_after = retry_after


class _Memory(BaseModel):
    """What the last download of one return was: kept so that the next request can be conditional."""

    url: str
    etag: str | None
    last_modified: str | None
    sha256: str
    submission_key: str
    received_at: Instant


@dataclass(frozen=True)
class _Session:
    """fsspec's HTTP session and the thread that runs it."""

    filesystem: Any
    client: aiohttp.ClientSession
    loop: AbstractEventLoop


@dataclass(frozen=True)
class _Body:
    """The body of an answer, as something that can be read; a body that ends early raises."""

    response: aiohttp.ClientResponse
    loop: AbstractEventLoop

    def read(self, size: int, /) -> bytes:
        chunk: bytes = sync(self.loop, self.response.content.read, size)
        return chunk


def fetch(definition: Http, source: Source, settings: Settings, landing: Landing, pulled: Pulled) -> None:
    """Downloads the address if it has changed since the last time and lands it.

    `received_at` is the server's Last-Modified, unless that lies in the future or is not later than the
    edition before (then the server does not know, and it is now). A download that repeats the one before
    is nothing new, whatever its headers say.
    """
    place = landing.folder / "pull" / f"{source.return_code}.json"
    memory = _recall(place, definition.url, landing)
    headers = {"Accept-Encoding": "identity"}  # the bytes as published, so that their sha256 can be compared
    if memory and memory.etag:
        headers["If-None-Match"] = memory.etag
    if memory and memory.last_modified:
        headers["If-Modified-Since"] = memory.last_modified
    secrets = _secrets(definition)
    retrying = Retrying(
        stop=stop_after_attempt(settings.pull_attempts),
        retry=retry_if_exception(_may_pass),
        wait=_wait,
        before_sleep=_say_again,
        reraise=True,
    )
    latest: _Memory | None = None
    with _session(settings) as session:
        for attempt in retrying:
            with attempt, _answer(session, definition.url, headers, secrets) as response:
                if response.status == HTTPStatus.NOT_MODIFIED and memory:
                    return
                _refuse_unless_ok(response, definition.url)
                name = definition.file_name or _name(response, definition.url) or source.return_code
                announced = None if "Content-Encoding" in response.headers else response.content_length
                body = _Body(response, session.loop)
                period = _period(definition, name, str(response.url), pulled)
                try:
                    with landing.stage(body, file_name=name, declared_bytes=announced) as staged:
                        latest = _receive(staged, response, source, definition, landing, memory, pulled, period)
                except FileNotLandedError as error:
                    _turn_away(error, name, announced, response, source, definition, landing, memory, period)
                    raise
    if latest is not None and latest != memory:
        atomic_files.write_whole(landing.incoming, place, latest.model_dump_json(indent=2))


def _receive(
    staged: Staged,
    response: aiohttp.ClientResponse,
    source: Source,
    definition: Http,
    landing: Landing,
    memory: _Memory | None,
    pulled: Pulled,
    period: str | None,
) -> _Memory:
    """Lands what was downloaded, unless it repeats the download before; returns what to remember."""
    last_modified = response.headers.get("Last-Modified")
    validators = {"etag": response.headers.get("ETag"), "last_modified": last_modified}
    if memory and memory.sha256 == staged.sha256:
        return memory.model_copy(update=validators)
    arrival = landing.receive(
        staged,
        return_code=source.return_code,
        kind=source.kind,
        department_code=source.department_code,
        received_at=_received_at(last_modified, memory.received_at if memory else None),
        source="http",
        sender=urlsplit(definition.url).hostname,
        period_hint=period,
    )
    if arrival.is_new:
        pulled.arrived.append(arrival.receipt)
    return _Memory(
        url=definition.url,
        sha256=staged.sha256,
        submission_key=arrival.receipt.submission_key,
        received_at=arrival.receipt.received_at,
        **validators,
    )


def _turn_away(
    error: FileNotLandedError,
    name: str,
    announced: int | None,
    response: aiohttp.ClientResponse,
    source: Source,
    definition: Http,
    landing: Landing,
    memory: _Memory | None,
    period: str | None,
) -> None:
    """Records a download that is too large: one arrival for as long as the server shows the same."""
    last_modified = response.headers.get("Last-Modified")
    landing.turn_away(
        error,
        file_name=name,
        return_code=source.return_code,
        kind=source.kind,
        department_code=source.department_code,
        received_at=_received_at(last_modified, memory.received_at if memory else None),
        source="http",
        edition=" ".join((definition.url, response.headers.get("ETag", ""), last_modified or "", str(announced))),
        sender=urlsplit(definition.url).hostname,
        period_hint=period,
    )


def _received_at(last_modified: str | None, before: datetime | None) -> datetime:
    """When this edition came: after the one `before`, whatever the server's clock or its files say."""
    now = datetime.now(UTC).replace(microsecond=0)
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


def _recall(place: Path, url: str, landing: Landing) -> _Memory | None:
    """What is remembered of this address, if the submission that it speaks of is still there."""
    try:
        memory = _Memory.model_validate_json(place.read_bytes())
    except FileNotFoundError:
        return None
    except (ValidationError, OSError):
        log.warning("%s cannot be read; the file will be downloaded whole.", place)
        return None
    return memory if memory.url == url and landing.find(memory.submission_key) else None


def _secrets(definition: Http) -> dict[str, str]:
    """The headers whose values the environment holds."""
    for header, variable in definition.headers_from_environment.items():
        if not os.environ.get(variable, "").strip():
            raise SourceError(f"{definition.url} needs the header {header}, but {variable} is not set; set it.")
    return {name: os.environ[variable].strip() for name, variable in definition.headers_from_environment.items()}


@contextmanager
def _session(settings: Settings) -> Iterator[_Session]:
    timeout = aiohttp.ClientTimeout(
        total=LONGEST_DOWNLOAD_SECONDS,
        sock_connect=settings.pull_timeout_seconds,
        sock_read=settings.pull_timeout_seconds,
    )
    # trust_env: the proxies of a government network come from the environment.
    filesystem = fsspec.filesystem(
        "http", skip_instance_cache=True, client_kwargs={"timeout": timeout, "trust_env": True}
    )
    client = sync(filesystem.loop, filesystem.set_session)
    try:
        yield _Session(filesystem, client, filesystem.loop)
    finally:
        sync(filesystem.loop, client.close)


@contextmanager
def _answer(
    session: _Session, url: str, headers: dict[str, str], secrets: dict[str, str]
) -> Iterator[aiohttp.ClientResponse]:
    """One answer; whatever breaks before its end is told in one sentence that holds no secret."""
    try:
        response = sync(session.loop, _ask, session, url, headers, secrets)
        try:
            yield response
        finally:
            sync(session.loop, _close, response)
    except (aiohttp.ClientSSLError, aiohttp.ClientConnectorCertificateError) as error:
        raise SourceError(
            f"{url} does not prove who it is ({type(error).__name__}); have its certificate mended."
        ) from error
    except aiohttp.ClientPayloadError as error:
        raise _PassingError(f"{url} broke off before the end of the file; nothing of it has landed.") from error
    except TimeoutError as error:
        raise _PassingError(
            f"{url} fell silent; see that it works, or raise OVERSIGHT_PULL_TIMEOUT_SECONDS."
        ) from error
    except aiohttp.ClientConnectionError as error:
        raise _PassingError(f"{url} cannot be reached ({type(error).__name__}); check address and network.") from error
    except aiohttp.ClientError as error:
        raise SourceError(f"{url} gave no proper answer ({type(error).__name__}); ask its owner.") from error


async def _ask(session: _Session, url: str, headers: dict[str, str], secrets: dict[str, str]) -> aiohttp.ClientResponse:
    """The first answer that is no redirect; secrets go to the server of the contract's address only."""
    address = url
    for _ in range(MOST_REDIRECTS + 1):
        sent = headers | (secrets if _server(address) == _server(url) else {})
        request = session.filesystem.encode_url(address)
        response = await session.client.get(request, headers=sent, allow_redirects=False)
        if response.status not in REDIRECTS:
            return response
        response.close()
        address = _next_address(url, address, response.headers.get("Location", ""))
    raise SourceError(f"{url} redirects more than {MOST_REDIRECTS} times; ask its owner for the right address.")


def _next_address(url: str, address: str, location: str) -> str:
    """Where a redirect from `address` leads: only to http(s), and never from https down to http."""
    following = urljoin(address, location)
    scheme = urlsplit(following).scheme
    if scheme != "https" and (scheme != "http" or urlsplit(address).scheme == "https"):
        raise SourceError(f"{url} redirects to {scheme}:, which is not followed; ask its owner for another.")
    return following


def _server(url: str) -> tuple[str, str | None, int | None]:
    parts = urlsplit(url)
    return parts.scheme, parts.hostname, parts.port


async def _close(response: aiohttp.ClientResponse) -> None:
    response.close()


def _refuse_unless_ok(response: aiohttp.ClientResponse, url: str) -> None:
    status = response.status
    if status == HTTPStatus.OK:
        return
    said = f"{url} answered {status} {response.reason or ''}".rstrip()
    if status == HTTPStatus.TOO_MANY_REQUESTS or status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        raise _PassingError(f"{said}; ask its owner if it stays so.", _retry_after(response))
    if status in (HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN):
        raise SourceError(f"{said}; check what headers_from_environment of the contract sends.")
    raise SourceError(f"{said}; put the address where the file is now into the contract.")


def _retry_after(response: aiohttp.ClientResponse) -> float | None:
    """Seconds the server asks us to wait, from either form of the header."""
    text = response.headers.get("Retry-After", "").strip()
    if text.isdecimal():
        return float(text)
    date = _http_date(text)
    return None if date is None else max(0.0, (date - datetime.now(UTC)).total_seconds())


def _may_pass(error: BaseException) -> bool:
    """Whether to try again now: not if the server asks for more patience than a night has."""
    return isinstance(error, _PassingError) and (error.retry_after or 0) <= LONGEST_WAIT_SECONDS


def _wait(state: RetryCallState) -> float:
    error = state.outcome.exception() if state.outcome else None
    own = wait_exponential_jitter(FIRST_WAIT_SECONDS, LONGEST_WAIT_SECONDS, jitter=FIRST_WAIT_SECONDS)(state)
    asked = error.retry_after if isinstance(error, _PassingError) else None
    return own if asked is None else asked


def _say_again(state: RetryCallState) -> None:
    error = state.outcome.exception() if state.outcome else None
    log.warning("%s Trying again in %.0f s.", error, state.upcoming_sleep)


def _name(response: aiohttp.ClientResponse, url: str) -> str:
    """The file's name as the server gives it, else the last part of the address."""
    told = response.content_disposition.filename if response.content_disposition else None
    return told or PurePosixPath(unquote(urlsplit(url).path)).name


def _period(definition: Http, name: str, address: str, pulled: Pulled) -> str | None:
    """The period that the file's name says, or the address: as redirected to, else as the contract has it."""
    if definition.period is None:
        return None
    for text in (name, unquote(address), unquote(definition.url)):
        if hit := re.search(definition.period, text):
            return "-".join(group for group in hit.groups() if group) or hit[0]
    pulled.notes.append(f"neither '{name}' nor {definition.url} says a period as the contract expects it there.")
    return None
