"""Web server of a department for the tests of pulling: sends prepared responses and records requests."""

import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from email.utils import format_datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from orchestration.foundation.settings import Settings
from orchestration.returns.connectors import Pulled, Source, pull
from orchestration.returns.landing.landing_area import Landing

Answer = Callable[[BaseHTTPRequestHandler], None]


@dataclass
class Server:
    """Web server that sends the responses of a test and records its requests."""

    url: str
    answers: dict[str, list[Answer]] = field(default_factory=dict)
    asked: list[tuple[str, dict[str, str]]] = field(default_factory=list)

    def will(self, *answers: Answer, path: str = "/lait.csv") -> None:
        """Send these responses in turn, then repeat the last one."""
        self.answers[path] = list(answers)

    def requests(self, path: str = "/lait.csv") -> list[dict[str, str]]:
        return [headers for asked, headers in self.asked if asked == path]


@contextmanager
def serving(certificate: Path | None = None) -> Iterator[Server]:
    """Run a server for one test; with a certificate and key in a file, over TLS."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            server.asked.append((self.path, dict(self.headers)))
            answers = server.answers[self.path]
            (answers.pop(0) if len(answers) > 1 else answers[0])(self)

        def log_message(self, *_: Any) -> None:
            pass

    listening = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    listening.daemon_threads = True
    server = Server(f"http://127.0.0.1:{listening.server_port}")
    if certificate is not None:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate)
        listening.socket = context.wrap_socket(listening.socket, server_side=True)
        server.url = f"https://localhost:{listening.server_port}"
    thread = threading.Thread(target=listening.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    yield server
    listening.shutdown()
    listening.server_close()


def edition(content: bytes, etag: str | None = None, changed: datetime | None = None, **headers: str) -> Answer:
    """Answer 200 with this content, or 304 if the client has it already."""

    def answer(handler: BaseHTTPRequestHandler) -> None:
        validators = {}
        if etag is not None:
            validators["ETag"] = etag
        if changed is not None:
            validators["Last-Modified"] = format_datetime(changed, usegmt=True)
        had = (handler.headers["If-None-Match"], handler.headers["If-Modified-Since"])
        same = bool(validators) and (had[0] == etag if etag else had[1] == validators["Last-Modified"])
        handler.send_response(304 if same else 200)
        for name, value in (validators | {n.replace("_", "-"): v for n, v in headers.items()}).items():
            handler.send_header(name, value)
        if not same:
            handler.send_header("Content-Length", str(len(content)))
        handler.end_headers()
        if not same:
            handler.wfile.write(content)

    return answer


def status(code: int, **headers: str) -> Answer:
    def answer(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(code)
        for name, value in headers.items():
            handler.send_header(name.replace("_", "-"), value)
        handler.send_header("Content-Length", "0")
        handler.end_headers()

    return answer


def cut_off(sent: bytes, announced: int) -> Answer:
    def answer(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(200)
        handler.send_header("Content-Length", str(announced))
        handler.end_headers()
        handler.wfile.write(sent)
        handler.close_connection = True

    return answer


def take(settings: Settings, server: Server, path: str = "/lait.csv", **more: Any) -> Pulled:
    block = {"connector": "http", "url": server.url + path} | more
    (pulled,) = pull(settings, [Source("dfe.lait", "dfe", block)])
    return pulled


def landed(settings: Settings) -> list[bytes]:
    landing = Landing(settings)
    return [landing.object_path(receipt.sha256).read_bytes() for receipt in landing.receipts()]


def nothing_landed(settings: Settings) -> bool:
    """Return True if no bytes and no receipt were stored; a record of a rejection may exist."""
    files = (path for path in settings.landing.rglob("*") if path.is_file())
    return not any("turned_away" not in path.parts for path in files)
