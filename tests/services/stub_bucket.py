"""One bucket whose every key is allowed, as AWS allows them and servers on file systems do not.

Lists and reads, checks signatures, and gives any answer that a test has it give.
"""

from __future__ import annotations

import hashlib
import re
import ssl
import threading
from collections.abc import Iterable, Mapping
from contextlib import suppress
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import NamedTuple
from urllib.parse import parse_qsl, quote, unquote
from xml.sax.saxutils import escape

from running_server import RunningServer

from docai.sources.s3_access import Keys, S3Access
from docai.sources.s3_signing import sign_headers

KEYS = Keys("AKSTUB", "secret-of-the-stub")


class Answer(NamedTuple):
    """An answer out of turn. `body` of an error is made of `code` unless it is given."""

    status: int
    code: str = ""
    headers: Mapping[str, str] = {}
    body: bytes | None = None

    def encode(self) -> bytes:
        return f"<Error><Code>{self.code}</Code></Error>".encode() if self.body is None else self.body


class StubBucket(RunningServer):
    """Serves while it is entered. `answers`: given to the next requests instead of theirs."""

    name = "stub"

    def __init__(
        self, objects: Mapping[str, bytes], page_keys: int = 1000, tls: ssl.SSLContext | None = None
    ) -> None:
        self.objects = dict(objects)
        self.answers: list[Answer] = []
        self.requests: list[str] = []
        self.page_keys = page_keys
        bucket = self

        class Handler(_Handler):
            served = bucket

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self._tls = tls is not None
        if tls is not None:
            self._server.socket = tls.wrap_socket(self._server.socket, server_side=True)
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True)

    @property
    def endpoint_url(self) -> str:
        port = self._server.server_address[1]
        return f"https://localhost:{port}" if self._tls else f"http://127.0.0.1:{port}"

    @property
    def url(self) -> str:
        return f"s3://{self.name}/"

    def access(self, keys: Keys | None = KEYS, retries: int = 3) -> S3Access:
        return S3Access(endpoint_url=self.endpoint_url, keys=keys, retries=retries, anonymous=keys is None)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._server.shutdown()
        self._server.server_close()

    def select(self, prefix: str, after: str, most: int) -> Iterable[tuple[str, int, str]]:
        """Key, size and ETag of up to `most` objects behind the key `after`, sorted."""
        keys = sorted(key for key in self.objects if key.startswith(prefix) and key > after)[:most]
        return [(key, len(self.objects[key]), make_etag(self.objects[key])) for key in keys]


class _Handler(BaseHTTPRequestHandler):
    """Speaks HTTP/1.1 with connections that stay, as S3 does."""

    protocol_version = "HTTP/1.1"
    served: StubBucket

    def do_GET(self) -> None:
        path, _, query = self.path.partition("?")
        if path.startswith("http://"):  # asked as a proxy is
            path = "/" + path.split("/", 3)[3]
        self.served.requests.append(f"GET {unquote(path)}")
        if self.served.answers:
            self._reply(self.served.answers.pop(0))
        elif not self._is_signed(path, query):
            self._reply(Answer(403, "SignatureDoesNotMatch"))
        elif path == f"/{self.served.name}":
            self._list(dict(parse_qsl(query)))
        else:
            self._read(unquote(path.removeprefix(f"/{self.served.name}/")))

    def _is_signed(self, path: str, query: str) -> bool:
        given = self.headers.get("authorization", "")
        names = re.search(r"SignedHeaders=([^,]{1,1000})", given)
        if names is None:
            return False
        own = ("host", "x-amz-content-sha256", "x-amz-date")
        headers = {n: self.headers[n] for n in names[1].split(";") if n not in own}
        now = datetime.strptime(self.headers["x-amz-date"], "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)
        pairs = "&".join(sorted(query.split("&"))) if query else ""
        signed = sign_headers("GET", self.headers["host"], path, pairs, headers, KEYS, "us-east-1", now)
        # obstore leaves out the blanks that the documentation has.
        return given.replace(", ", ",") == signed["authorization"].replace(", ", ",")

    def _list(self, query: dict[str, str]) -> None:
        most = min(int(query.get("max-keys", "1000")), self.served.page_keys)
        prefix, after = query.get("prefix", ""), query.get("continuation-token", "")
        found = list(self.served.select(prefix, unquote(after), most + 1))
        entries = "".join(
            f"<Contents><Key>{escape(quote(key, safe='/*').replace('%20', '+'))}</Key>"
            f"<ETag>&quot;{etag}&quot;</ETag><Size>{size}</Size></Contents>"
            for key, size, etag in found[:most]
        )
        more = len(found) > most
        token = f"<NextContinuationToken>{quote(found[most - 1][0])}</NextContinuationToken>" if more else ""
        body = (
            '<?xml version="1.0" encoding="UTF-8"?>'
            '<ListBucketResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/">'
            f"<EncodingType>url</EncodingType><IsTruncated>{str(more).lower()}</IsTruncated>"
            f"{token}{entries}</ListBucketResult>"
        )
        self._reply(Answer(200, body=body.encode()))

    def _read(self, key: str) -> None:
        data = self.served.objects.get(key)
        if data is None:
            self._reply(Answer(404, "NoSuchKey"))
            return
        wanted = self.headers.get("if-match")
        if wanted not in (None, f'"{make_etag(data)}"'):
            self._reply(Answer(412, "PreconditionFailed"))
            return
        headers = {"etag": f'"{make_etag(data)}"', "last-modified": "Tue, 24 Nov 2026 12:00:00 GMT"}
        span = re.fullmatch(r"bytes=(\d{1,12})-(\d{1,12})", self.headers.get("range", ""))
        if span is None:
            self._reply(Answer(200, headers=headers, body=data))
            return
        start, stop = int(span[1]), min(int(span[2]) + 1, len(data))
        headers["content-range"] = f"bytes {start}-{stop - 1}/{len(data)}"
        self._reply(Answer(206, headers=headers, body=data[start:stop]))

    def _reply(self, answer: Answer) -> None:
        body = answer.encode()
        self.send_response(answer.status)
        for name, value in answer.headers.items():
            self.send_header(name, value)
        if "content-length" not in answer.headers:
            self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def handle(self) -> None:
        with suppress(OSError):  # a client that does not like the certificate
            super().handle()

    def log_message(self, format: str, *args: object) -> None:
        """Quiet."""


def make_etag(data: bytes) -> str:
    return hashlib.md5(data, usedforsecurity=False).hexdigest()
