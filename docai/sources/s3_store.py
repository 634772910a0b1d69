"""Objects below a prefix of a bucket, by way of obstore."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterator, Sequence
from datetime import timedelta
from typing import Any, TypeVar

from docai.errors import DocaiError, ServiceError
from docai.sources.patience import Patience
from docai.sources.s3_access import BucketUrl, S3Access, locate_bucket
from docai.sources.s3_credentials import Credentials
from docai.sources.s3_errors import conflict, translate_error
from docai.sources.s3_listing import list_objects
from docai.sources.s3_requests import S3Requests
from docai.types import StoredObject

_WRITER = "docai-writer"
# For a whole request, its body included. Bodies of many gigabytes are read in ranges.
_REQUEST_S = 600.0
# Its own tries; those that last lie in `_persist`.
_QUICK_RETRIES = 2
_T = TypeVar("_T")


class S3ObjectStore:
    """Objects below a prefix. Threads may share one; a forked process opens its own.

    `create` is a conditional write. Its answer may be lost on the way and the request sent again, which then
    meets its own object: so each write carries a mark by which it is told from a rival's.
    """

    def __init__(self, url: str, place: BucketUrl, access: S3Access) -> None:
        self.url = url
        self._prefix = place.path.rstrip("/") + "/" if place.path.strip("/") else ""
        self._access = access
        self._answered = False
        self._credentials = Credentials(url, access)
        self._requests = S3Requests(url, place.bucket, access, self._credentials)
        self._store = open_bucket(place.bucket, access, self._credentials)

    def create(self, key: str, data: bytes) -> bool:
        import obstore
        from obstore.exceptions import AlreadyExistsError

        path, writer = self._full(key), secrets.token_hex(12)

        def create_once() -> bool:
            try:
                obstore.put(
                    self._store,
                    path,
                    data,
                    mode="create",
                    attributes={_WRITER: writer},
                    use_multipart=False,
                )
            except AlreadyExistsError as error:
                found = self._read_writer(path)
                if found is None:  # a conflict with a deletion: there is nothing now
                    raise conflict(self.url) from error
                return found == writer
            return True

        return self._persist("write", create_once)

    def put(self, key: str, data: bytes) -> None:
        import obstore

        path = self._full(key)
        self._persist("write", lambda: obstore.put(self._store, path, data))

    def get(self, key: str) -> bytes | None:
        import obstore

        path = self._full(key)

        def get_once() -> bytes | None:
            try:
                return bytes(obstore.get(self._store, path).bytes())
            except FileNotFoundError as error:
                if is_missing(error):
                    return None
                raise

        return self._persist("read", get_once)

    def list(self, prefix: str) -> Iterator[StoredObject]:
        if prefix and not prefix.endswith("/"):
            raise ValueError(f"a prefix ends with a slash: {prefix!r}")
        skip = len(self._prefix)
        for found in list_objects(self._requests, self._prefix + prefix):
            yield StoredObject(found.key[skip:], found.size, found.version)

    def delete(self, keys: Sequence[str]) -> None:
        import obstore

        paths = [self._full(key) for key in keys]

        def delete_once() -> None:
            try:
                obstore.delete(self._store, paths)
            except FileNotFoundError as error:
                if not is_missing(error):
                    raise

        if paths:
            self._persist("delete", delete_once)

    def _read_writer(self, path: str) -> str | None:
        """The mark of who wrote an object, empty if it has none; None if it is not there."""
        import obstore

        try:
            attributes = obstore.get(self._store, path, options={"head": True}).attributes
        except FileNotFoundError as error:
            if is_missing(error):
                return None
            raise
        return str(attributes.get(_WRITER, ""))

    def _persist(self, doing: str, call: Callable[[], _T]) -> _T:
        """obstore tries again only what it holds to be harmless, which a conditional write is not to it."""
        retry_s = self._access.retry_s if self._answered else self._access.first_retry_s
        patience = Patience(self._access.retries, retry_s)
        while True:
            try:
                done = call()
                self._answered = True
                return done
            except Exception as error:
                known = error if isinstance(error, DocaiError) else self._translate(error, doing)
                self._answered = self._answered or known.code != "store-unreachable"
                helpful = isinstance(known, ServiceError) and known.code != "store-full"
                if not (helpful and patience.wait()):
                    raise known from error

    def _full(self, key: str) -> str:
        if any(part in ("", ".", "..") for part in key.split("/")):
            raise ValueError(f"no key of an object: {key!r}")
        return self._prefix + key

    def _translate(self, error: Exception, doing: str) -> DocaiError:
        from obstore.exceptions import UnauthenticatedError

        if isinstance(error, UnauthenticatedError):
            try:  # the library keeps what the credentials said to itself
                self._credentials.current()
            except DocaiError as own:
                return own
        return translate_error(error, self.url, self._access.server, doing)


def open_bucket(bucket: str, access: S3Access, credentials: Credentials) -> Any:
    """obstore's store for a bucket; nothing is asked of the server yet. Raises `ConfigError` `bad-url`.

    All that the library would else take from the environment by itself is given.
    """
    from obstore.store import S3Store

    place = locate_bucket(bucket, access)
    endpoint = f"{place.scheme}://{place.host}" + (
        place.root if place.virtual_hosted else place.root.removesuffix(f"/{bucket}")
    )
    config: Any = {
        "region": access.region,
        "skip_signature": access.anonymous,
        "virtual_hosted_style_request": place.virtual_hosted,
        # Both names, since the more special one would win if the environment had it.
        "endpoint": endpoint,
        "aws_endpoint_url_s3": endpoint,
    }
    client: Any = {
        "allow_http": place.scheme == "http",
        "connect_timeout": timedelta(seconds=access.connect_timeout_s),
        "read_timeout": timedelta(seconds=access.read_timeout_s),
        "timeout": timedelta(seconds=_REQUEST_S),
    }
    if access.ca_pem:
        client["root_certificate"] = access.ca_pem
    if access.proxy_url:
        client["proxy_url"] = access.proxy_url
    retry: Any = {
        "max_retries": min(_QUICK_RETRIES, access.retries),
        "retry_timeout": timedelta(seconds=access.retry_s),
        "backoff": {"init_backoff": timedelta(seconds=0.2), "max_backoff": timedelta(seconds=10), "base": 2},
    }
    provider: Any = None if access.anonymous else credentials.as_obstore
    return S3Store(
        bucket, config=config, client_options=client, retry_config=retry, credential_provider=provider
    )


def is_missing(error: Exception) -> bool:
    """No such object. A bucket that is not there is another matter."""
    return isinstance(error, FileNotFoundError) and "<Code>NoSuchBucket</Code>" not in str(error)
