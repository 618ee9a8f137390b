"""Failures of pulling over HTTP: only complete files land, and a server that fails does not stop the others."""

import gzip
import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from http.server import BaseHTTPRequestHandler
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from orchestration.foundation.settings import Settings
from orchestration.returns.connectors import Source, SourceError, pull, web
from tests.returns.connectors.department_server import (
    Server,
    cut_off,
    edition,
    landed,
    nothing_landed,
    serving,
    status,
    take,
)


@pytest.fixture
def server() -> Iterator[Server]:
    with serving() as server:
        yield server


@pytest.fixture
def settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    monkeypatch.setattr(web, "FIRST_WAIT_SECONDS", 0.01)
    for proxy in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.delenv(proxy, raising=False)
    return Settings(home=tmp_path / "home", max_file_mb=1, pull_timeout_seconds=5, pull_attempts=3)


def test_503_and_429_are_retried_until_the_server_has_recovered(settings: Settings, server: Server) -> None:
    server.will(status(503), status(429, Retry_After="0"), edition(b"content"))
    pulled = take(settings, server)
    assert (len(pulled.arrived), pulled.failed) == (1, [])
    assert len(server.requests()) == 3


def test_retry_after_is_respected(settings: Settings, server: Server) -> None:
    server.will(status(503, Retry_After="1"), edition(b"content"))
    started = time.monotonic()
    assert len(take(settings, server).arrived) == 1
    assert time.monotonic() - started >= 1


@pytest.mark.parametrize(
    "retry_after",
    ["86400", format_datetime(datetime.now(UTC) + timedelta(days=1), usegmt=True)],
    ids=["in seconds", "as a date"],  # the same in each process that collects
)
def test_a_server_that_asks_for_too_long_a_wait_is_requested_once(
    settings: Settings, server: Server, retry_after: str
) -> None:
    server.will(status(503, Retry_After=retry_after))
    assert "returned 503" in take(settings, server).failed[0]
    assert len(server.requests()) == 1


def test_a_server_that_stays_down_fails_after_the_configured_attempts(settings: Settings, server: Server) -> None:
    server.will(status(500))
    pulled = take(settings, server)
    assert pulled.failed == [
        f"{server.url}/lait.csv returned 500 Internal Server Error; contact the site owner if this continues."
    ]
    assert len(server.requests()) == 3


@pytest.mark.parametrize(
    ("code", "advice"), [(404, "update the address"), (410, "update the address"), (403, "headers_from")]
)
def test_a_refusal_is_not_retried_and_has_a_remedy(settings: Settings, server: Server, code: int, advice: str) -> None:
    server.will(status(code))
    (failed,) = take(settings, server).failed
    assert f"returned {code}" in failed
    assert advice in failed
    assert len(server.requests()) == 1


def test_a_body_that_ends_early_never_lands(settings: Settings, server: Server) -> None:
    server.will(cut_off(b"only half", 1000))
    (failed,) = take(settings, server).failed
    assert failed == f"The download from {server.url}/lait.csv ended early; nothing was landed."
    assert len(server.requests()) == 3
    assert nothing_landed(settings)


def test_a_broken_download_is_fetched_again_from_the_start(settings: Settings, server: Server) -> None:
    server.will(cut_off(b"only half", 18), edition(b"half and the other"))
    assert len(take(settings, server).arrived) == 1
    assert landed(settings) == [b"half and the other"]


def test_chunks_that_stop_without_their_end_never_land(settings: Settings, server: Server) -> None:
    def respond(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(200)
        handler.send_header("Transfer-Encoding", "chunked")
        handler.end_headers()
        handler.wfile.write(b"5\r\nhello\r\n")
        handler.close_connection = True

    server.will(respond)
    assert "ended early" in take(settings, server).failed[0]
    assert nothing_landed(settings)


def test_an_announced_size_over_the_limit_is_rejected_unread_and_not_retried(
    settings: Settings, server: Server
) -> None:
    server.will(cut_off(b"", 2**20 + 1))
    assert "lait.csv is larger than the 1 MB" in take(settings, server).failed[0]
    assert len(server.requests()) == 1
    assert nothing_landed(settings)


def test_a_download_of_unknown_size_is_stopped_at_the_limit(settings: Settings, server: Server) -> None:
    sent = []

    def respond(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(200)
        handler.send_header("Transfer-Encoding", "chunked")
        handler.end_headers()
        for _ in range(1000):
            try:
                handler.wfile.write(b"10000\r\n" + b"x" * 0x10000 + b"\r\n")
            except OSError:
                break
            sent.append(0x10000)
        handler.close_connection = True

    server.will(respond)
    assert "larger than the 1 MB" in take(settings, server).failed[0]
    assert len(server.requests()) == 1
    assert sum(sent) < 20 * 2**20
    assert nothing_landed(settings)


def test_a_compressed_download_is_stopped_at_the_limit_of_the_decoded_size(settings: Settings, server: Server) -> None:
    server.will(edition(gzip.compress(b"x" * 50 * 2**20), Content_Encoding="gzip"))
    assert "larger than the 1 MB" in take(settings, server).failed[0]
    assert nothing_landed(settings)


def test_a_server_that_stops_sending_times_out(settings: Settings, server: Server) -> None:
    over = threading.Event()

    def respond(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(200)
        handler.send_header("Content-Length", "100")
        handler.end_headers()
        handler.wfile.write(b"and then")
        handler.wfile.flush()
        over.wait(30)

    server.will(respond)
    impatient = settings.model_copy(update={"pull_timeout_seconds": 0.2, "pull_attempts": 2})
    started = time.monotonic()
    pulled = take(impatient, server)
    over.set()
    assert "timed out; check that it is up, or increase OVERSIGHT_PULL_TIMEOUT_SECONDS" in pulled.failed[0]
    assert len(server.requests()) == 2
    assert time.monotonic() - started < 20
    assert nothing_landed(settings)


def test_an_unreachable_server_fails_and_the_others_are_pulled(settings: Settings, server: Server) -> None:
    server.will(edition(b"content"))
    results = pull(
        settings,
        [
            Source("dfe.absent", "dfe", {"connector": "http", "url": "http://127.0.0.1:1/lait.csv"}),
            Source("dfe.odd", "dfe", {"connector": "carrier_pigeon"}),
            Source("dfe.lait", "dfe", {"connector": "http", "url": server.url + "/lait.csv"}),
        ],
    )
    assert [(result.return_code, len(result.arrived), len(result.failed)) for result in results] == [
        ("dfe.absent", 0, 1),
        ("dfe.odd", 0, 1),
        ("dfe.lait", 1, 0),
    ]
    assert "http://127.0.0.1:1/lait.csv cannot be reached (ConnectionRefusedError)" in results[0].failed[0]


def test_an_unexpected_error_in_one_connector_is_logged_and_does_not_stop_the_others(
    settings: Settings, server: Server, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    server.will(edition(b"content"))
    good = Source("dfe.lait", "dfe", {"connector": "http", "url": server.url + "/lait.csv"})
    bad = Source("dfe.bad", "dfe", {"connector": "drop_folder"})
    monkeypatch.setattr("orchestration.returns.connectors.drop_folder._folder", lambda *_: 1 / 0)
    first, second = pull(settings, [bad, good])
    assert first.failed == ["Pulling dfe.bad failed unexpectedly (ZeroDivisionError); see the log for details."]
    assert len(second.arrived) == 1
    assert "ZeroDivisionError" in caplog.text


def test_redirects_are_followed_and_secrets_are_sent_to_their_own_server_only(
    settings: Settings, server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DFE_TOKEN", "s3cret")
    elsewhere = server.url.replace("127.0.0.1", "localhost") + "/there.csv"
    server.will(status(302, Location="/moved.csv"))
    server.will(status(307, Location=elsewhere), path="/moved.csv")
    server.will(edition(b"content"), path="/there.csv")
    pulled = take(settings, server, headers_from_environment={"X-Token": "DFE_TOKEN"})
    assert len(pulled.arrived) == 1
    sent = {path: headers.get("X-Token") for path, headers in server.asked}
    assert sent == {"/lait.csv": "s3cret", "/moved.csv": "s3cret", "/there.csv": None}


@pytest.mark.parametrize("target", ["file:///etc/passwd", "ftp://example.org/lait.csv"])
def test_a_redirect_away_from_http_is_not_followed(settings: Settings, server: Server, target: str) -> None:
    server.will(status(302, Location=target))
    assert "which is not followed" in take(settings, server).failed[0]
    assert nothing_landed(settings)


def test_an_endless_redirect_fails(settings: Settings, server: Server) -> None:
    server.will(status(302, Location="/lait.csv"))
    assert "redirects more than 5 times" in take(settings, server).failed[0]
    assert len(server.requests()) == 6


def test_a_secret_that_is_not_set_is_named_and_no_request_is_sent(settings: Settings, server: Server) -> None:
    pulled = take(settings, server, headers_from_environment={"Authorization": "OVERSIGHT_TEST_UNSET"})
    assert "needs the header Authorization; set the environment variable OVERSIGHT_TEST_UNSET" in pulled.failed[0]
    assert server.asked == []


def test_no_secret_is_logged_or_reported(
    settings: Settings, server: Server, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("DEBUG")
    monkeypatch.setenv("DFE_TOKEN", "s3cret")
    server.will(status(302, Location="/signed.csv?signature=s3cret"))
    server.will(status(500), path="/signed.csv?signature=s3cret")
    pulled = take(settings, server, headers_from_environment={"X-Token": "DFE_TOKEN"})
    assert server.requests()[0]["X-Token"] == "s3cret"
    assert len(pulled.failed) == 1
    assert "Retrying in" in caplog.text
    assert "s3cret" not in caplog.text + pulled.failed[0]


@pytest.mark.parametrize(
    ("address", "location", "following"),
    [
        ("https://a.gov.uk/x/lait.csv", "new.csv", "https://a.gov.uk/x/new.csv"),
        ("https://a.gov.uk/lait.csv", "https://b.gov.uk/lait.csv", "https://b.gov.uk/lait.csv"),
        ("http://a.gov.uk/lait.csv", "https://a.gov.uk/lait.csv", "https://a.gov.uk/lait.csv"),
        ("http://a.gov.uk/lait.csv", "//b.gov.uk/lait.csv", "http://b.gov.uk/lait.csv"),
        ("https://a.gov.uk/lait.csv", "http://a.gov.uk/lait.csv", None),
        ("https://a.gov.uk/lait.csv", "data:text/csv,a", None),
    ],
)
def test_a_redirect_may_go_from_http_to_https_but_not_back(address: str, location: str, following: str | None) -> None:
    if following is None:
        with pytest.raises(SourceError, match="which is not followed"):
            web._next_address("https://a.gov.uk", address, location)
    else:
        assert web._next_address("https://a.gov.uk", address, location) == following


def test_a_server_whose_certificate_cannot_be_verified_is_not_retried(
    settings: Settings, server: Server, caplog: pytest.LogCaptureFixture
) -> None:
    server.url = server.url.replace("http:", "https:")
    server.will(edition(b"content"))
    (failed,) = take(settings, server).failed
    assert failed.startswith(f"The TLS certificate of {server.url}/lait.csv could not be verified (SSLError)")
    assert "Retrying in" not in caplog.text
    assert nothing_landed(settings)


@pytest.mark.parametrize("header", ["Content-Length", "Transfer-Encoding"])
def test_a_server_that_sends_a_byte_now_and_then_is_stopped_at_the_deadline(
    settings: Settings, server: Server, monkeypatch: pytest.MonkeyPatch, header: str
) -> None:
    monkeypatch.setattr(web, "LONGEST_DOWNLOAD_SECONDS", 0.5)
    over = threading.Event()

    def respond(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(200)
        handler.send_header(header, "1000" if header == "Content-Length" else "chunked")
        handler.end_headers()
        while not over.wait(0.05):
            try:
                handler.wfile.write(b"x" if header == "Content-Length" else b"1\r\nx\r\n")
            except OSError:
                break
        handler.close_connection = True

    server.will(respond)
    started = time.monotonic()
    pulled = take(settings.model_copy(update={"pull_attempts": 1}), server)
    over.set()
    assert "timed out" in pulled.failed[0]
    assert time.monotonic() - started < 5
    assert nothing_landed(settings)


def test_a_file_wrongly_declared_as_compressed_never_lands(settings: Settings, server: Server) -> None:
    server.will(edition(b"not gzip at all", Content_Encoding="gzip"))
    (failed,) = take(settings, server).failed
    assert failed == f"{server.url}/lait.csv returned an invalid response (DecodeError); contact the site owner."
    assert len(server.requests()) == 1
    assert nothing_landed(settings)


def test_logins_of_a_netrc_file_do_not_replace_the_contracts_header(
    settings: Settings, server: Server, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "netrc").write_text("machine 127.0.0.1 login user password else\n")
    monkeypatch.setenv("NETRC", str(tmp_path / "netrc"))
    monkeypatch.setenv("DFE_TOKEN", "Bearer für uns")
    server.will(edition(b"content"))
    take(settings, server, headers_from_environment={"Authorization": "DFE_TOKEN"})
    assert server.requests()[0]["Authorization"].encode("latin-1").decode() == "Bearer für uns"


def test_the_proxy_of_the_environment_is_used(
    settings: Settings, server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("http_proxy", server.url)
    monkeypatch.setenv("no_proxy", "")
    monkeypatch.setenv("NO_PROXY", "")
    server.will(edition(b"through the proxy"), path="http://department.invalid/lait.csv")
    (pulled,) = pull(
        settings, [Source("dfe.lait", "dfe", {"connector": "http", "url": "http://department.invalid/lait.csv"})]
    )
    assert (len(pulled.arrived), pulled.failed) == (1, [])
    assert landed(settings) == [b"through the proxy"]


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A self-signed certificate for localhost and its key, in one file."""
    key = ec.generate_private_key(ec.SECP256R1())
    name, now = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "localhost")]), datetime.now(UTC)
    signed = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - timedelta(hours=1))
        .not_valid_after(now + timedelta(hours=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
        .sign(key, hashes.SHA256())
    )
    path = tmp_path_factory.mktemp("tls") / "localhost.pem"
    private = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    path.write_bytes(private + signed.public_bytes(Encoding.PEM))
    return path


@pytest.mark.parametrize("trusted", [True, False], ids=["trusted by the system", "unknown"])
def test_a_server_is_trusted_if_the_system_trusts_its_certificate(
    settings: Settings, certificate: Path, monkeypatch: pytest.MonkeyPatch, trusted: bool
) -> None:
    for variable in ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.delenv(variable, raising=False)
    if trusted:
        monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    with serving(certificate) as server:
        server.will(edition(b"content"))
        pulled = take(settings, server)
    if trusted:
        assert (len(pulled.arrived), pulled.failed) == (1, [])
    else:
        assert "could not be verified (SSLCertVerificationError); ask the site owner to fix it" in pulled.failed[0]
        assert server.asked == []
