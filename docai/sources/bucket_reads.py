"""An object's bytes in parts: the ones that were listed, all of them, or an error."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from docai.errors import DocaiError, DocumentError, ServiceError
from docai.sources.item_errors import changed, gone
from docai.sources.patience import Patience
from docai.sources.s3_access import S3Access
from docai.sources.s3_credentials import Credentials
from docai.sources.s3_errors import find_code, not_whole, translate_error
from docai.sources.s3_requests import Reply, S3Requests
from docai.sources.s3_store import is_missing, open_bucket
from docai.types import SourceItem

STAGE = "sources"
# Larger objects are read in ranges, so that a connection that breaks costs one of them.
_PART_BYTES = 16 << 20


class BucketReader:
    """Reads by obstore what it has words for, and by signed requests the few keys that it has not."""

    def __init__(
        self, url: str, bucket: str, access: S3Access, credentials: Credentials, requests: S3Requests
    ) -> None:
        self._url = url
        self._access = access
        self._credentials = credentials
        self._requests = requests
        self._store: Any = open_bucket(bucket, access, credentials)

    def read_parts(self, key: str, item: SourceItem) -> Iterator[bytes]:
        """Parts that together are `item.size` bytes of the version that was listed.

        Raises `DocumentError` `changed`, `gone`; what a bucket may answer as `ConfigError`, `ServiceError`.
        """
        etag = None if item.version.startswith("size-") else f'"{item.version}"'
        for start in range(0, item.size, _PART_BYTES):
            stop = min(start + _PART_BYTES, item.size)
            whole = item.size <= _PART_BYTES
            yield self._read_part(key, item, None if whole else (start, stop), stop - start, etag)

    def _read_part(
        self, key: str, item: SourceItem, span: tuple[int, int] | None, size: int, etag: str | None
    ) -> bytes:
        """One part, asked for again when it came shorter than the server itself said it would be."""
        patience = Patience(self._access.retries, self._access.retry_s)
        ask = self._ask_obstore if is_plain(key) else self._ask_signed
        while True:
            error: DocaiError
            try:
                part, total = ask(key, item, span, etag)
            except ServiceError as service:
                error = service
            else:
                if total != item.size and etag is None:
                    raise changed(item, "replaced")
                if len(part) == size:
                    return part
                error = not_whole(item.uri, self._access.server)
            if not patience.wait():
                raise error

    def _ask_obstore(
        self, key: str, item: SourceItem, span: tuple[int, int] | None, etag: str | None
    ) -> tuple[bytes, int]:
        import obstore
        from obstore.exceptions import PreconditionError, UnauthenticatedError

        options: Any = {}
        if etag:
            options["if_match"] = etag
        if span:
            options["range"] = span
        try:
            reply = obstore.get(self._store, key, options=options)
            return bytes(reply.bytes()), int(reply.meta["size"])
        except PreconditionError as error:
            raise changed(item, "replaced") from error
        except Exception as error:
            if find_code(str(error))[1] == 416:
                raise changed(item, "replaced") from error
            if is_missing(error):
                raise gone(item) from error
            if isinstance(error, UnauthenticatedError):
                self._credentials.current()
            raise _of_document(
                translate_error(error, self._url, self._access.server, "read"), item
            ) from error

    def _ask_signed(
        self, key: str, item: SourceItem, span: tuple[int, int] | None, etag: str | None
    ) -> tuple[bytes, int]:
        headers = {"if-match": etag} if etag else {}
        if span:
            headers["range"] = f"bytes={span[0]}-{span[1] - 1}"

        def read(reply: Reply) -> tuple[bytes, int]:
            if reply.status in (412, 416):
                raise changed(item, "replaced")
            if reply.status == 404 and b"<Code>NoSuchBucket</Code>" not in reply.body:
                raise gone(item)
            if reply.status not in (200, 206):
                raise _of_document(self._requests.make_error(reply, "read"), item)
            total = reply.headers.get("content-range", "").rpartition("/")[2]
            return reply.body, int(total) if total.isdecimal() else len(reply.body)

        return self._requests.get(key, (), headers, read)


def is_plain(key: str) -> bool:
    """Whether obstore can name the object."""
    return key.isprintable() and all(part not in ("", ".", "..") for part in key.split("/"))


def _of_document(error: DocaiError, item: SourceItem) -> DocaiError:
    """What one object alone may suffer from must not end the job."""
    if error.code == "store-archived":
        hint = "restore it from the archive and run `docai batch retry`"
    elif error.code == "store-denied":
        hint = "see to the rights of GetObject, and of the key that it is encrypted with"
    else:
        return error
    code = error.code.removeprefix("store-")
    return DocumentError(code, "the bucket does not give it out", document=item.uri, stage=STAGE, hint=hint)
