"""Signed requests to a bucket, for what obstore has no words for.

Its paths know no `..`, no empty part and no slash at the end, and one such key ends its whole listing. S3 has
all of them, so keys are listed here, and such objects are read here.
"""

from __future__ import annotations

import http.client
import ssl
import threading
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import NamedTuple, TypeVar
from urllib.parse import urlsplit

from docai.errors import DocaiError
from docai.sources.patience import Patience
from docai.sources.s3_access import S3Access, locate_bucket
from docai.sources.s3_credentials import Credentials
from docai.sources.s3_errors import (
    bad_bundle,
    certificate_error,
    find_code,
    make_error,
    not_whole,
    unreachable,
)
from docai.sources.s3_signing import encode_path, encode_query, sign_headers

_AGAIN = frozenset({408, 429, 500, 502, 503, 504})
_T = TypeVar("_T")


class Reply(NamedTuple):
    """`headers`: by their names in small letters."""

    status: int
    headers: Mapping[str, str]
    body: bytes


class CutOff(Exception):
    """A body is shorter than it was said to be, or is not what it should be."""


class S3Requests:
    """GET requests to one bucket. Threads may share one; each has its own connection."""

    def __init__(self, url: str, bucket: str, access: S3Access, credentials: Credentials) -> None:
        self.url = url
        self._access = access
        self._credentials = credentials
        self._place = locate_bucket(bucket, access)
        self._local = threading.local()
        self._answered = False
        self._tls: ssl.SSLContext | None = None
        if self._place.scheme == "https":
            self._tls = ssl.create_default_context()
            if access.ca_pem:
                try:
                    self._tls.load_verify_locations(cadata=access.ca_pem.decode("ascii"))
                except (ssl.SSLError, UnicodeDecodeError) as error:
                    raise bad_bundle() from error

    def get(
        self,
        key: str,
        query: Sequence[tuple[str, str]],
        headers: Mapping[str, str],
        read: Callable[[Reply], _T],
    ) -> _T:
        """What `read` makes of the reply, with whatever status it comes; tried again while that may help.

        `read` raises `CutOff` for what is no whole reply. Raises `ServiceError` `store-unreachable`,
        `store-not-whole`; `ConfigError` `store-certificate`.
        """
        retry_s = self._access.retry_s if self._answered else self._access.first_retry_s
        patience = Patience(self._access.retries, retry_s)
        while True:
            error: DocaiError
            try:
                reply = self._send(key, query, headers)
                if reply.status not in _AGAIN or not patience.wait():
                    return read(reply)
                continue
            except ssl.SSLCertVerificationError as cause:
                raise certificate_error(self.url, self._access.server) from cause
            except CutOff:
                error = not_whole(self.url, self._access.server)
            except (OSError, http.client.HTTPException):
                self._close()
                error = unreachable(self.url, self._access.server)
            if not patience.wait():
                raise error

    def make_error(self, reply: Reply, doing: str) -> DocaiError:
        """The error that a reply tells of."""
        code, _ = find_code(reply.body[:4096].decode("utf-8", "replace"))
        return make_error(code, reply.status, self.url, doing, reply.headers.get("x-amz-bucket-region"))

    def _send(self, key: str, query: Sequence[tuple[str, str]], headers: Mapping[str, str]) -> Reply:
        path = f"{self._place.root}/{key}" if key else self._place.root or "/"
        encoded, sent = encode_path(path), encode_query(query)
        keys = self._credentials.current()
        if keys is not None:
            now = datetime.now(UTC)
            headers = sign_headers(
                "GET", self._place.host, encoded, sent, headers, keys, self._access.region, now
            )
        else:
            headers = {"host": self._place.host, **headers}
        connection = self._connect()
        target = f"{encoded}?{sent}" if sent else encoded
        if self._access.proxy_url and self._place.scheme == "http":
            target = f"http://{self._place.host}{target}"
        connection.request("GET", target, headers=dict(headers))
        response = connection.getresponse()
        self._answered = True
        told = {name.lower(): value for name, value in response.headers.items()}
        return Reply(response.status, told, response.read())

    def _connect(self) -> http.client.HTTPConnection:
        found = getattr(self._local, "connection", None)
        if isinstance(found, http.client.HTTPConnection) and found.sock is not None:
            return found
        timeout_s = self._access.connect_timeout_s
        proxy = urlsplit(self._access.proxy_url) if self._access.proxy_url else None
        host = proxy.netloc.rpartition("@")[2] if proxy else self._place.host
        made: http.client.HTTPConnection
        if self._tls is not None:
            made = http.client.HTTPSConnection(host, timeout=timeout_s, context=self._tls)
            if proxy:
                made.set_tunnel(self._place.host)
        else:
            made = http.client.HTTPConnection(host, timeout=timeout_s)
        made.connect()
        made.sock.settimeout(self._access.read_timeout_s)
        self._local.connection = made
        return made

    def _close(self) -> None:
        found = getattr(self._local, "connection", None)
        if isinstance(found, http.client.HTTPConnection):
            found.close()
        self._local.connection = None
