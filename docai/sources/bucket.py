"""Documents in a bucket: below a folder, by a pattern, or one by its key."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from docai.errors import ConfigError, DocumentError
from docai.sources.bucket_reads import BucketReader
from docai.sources.item_errors import not_listed
from docai.sources.kinds import DOCUMENT_SUFFIXES
from docai.sources.patterns import Pattern, fixed_part, is_pattern
from docai.sources.s3_access import S3Access, parse_s3_url
from docai.sources.s3_credentials import Credentials
from docai.sources.s3_listing import list_objects
from docai.sources.s3_requests import S3Requests
from docai.types import SourceItem, StoredObject

STAGE = "sources"
# A name's ending counts as one if it looks like one: "Contract No. 5" and "scan.2024-01" have none.
_SUFFIX = re.compile(r"\.(?=[A-Za-z0-9]{0,4}[A-Za-z])[A-Za-z0-9]{1,5}\Z")


class BucketSource:
    """Objects of a bucket, in its own order.

    `s3://bucket/contracts/` gives what lies below it, `s3://bucket/contracts/**/*.pdf` what matches (`*`
    within a name, `**` any folders), `s3://bucket/contracts/acme.pdf` the one object. Below a folder and by
    a pattern it gives what is a document by its ending, and what has no ending; the rest is left alone and
    counted, as is what has a dot at the beginning of its name or of a folder's. Objects that only mark a
    folder are none. Nothing is read while listing, so an empty object is listed and fails by name.
    """

    def __init__(self, url: str, access: S3Access, max_bytes: int = 1 << 30) -> None:
        """`max_bytes`: a larger document fails before it is fetched. Raises `ConfigError`."""
        self.url = url
        self.left_alone = 0
        self._bucket, self._path = parse_s3_url(url)
        self._base = f"s3://{self._bucket}/"
        self._max_bytes = max_bytes
        credentials = Credentials(url, access)
        self._requests = S3Requests(url, self._bucket, access, credentials)
        self._reader = BucketReader(url, self._bucket, access, credentials, self._requests)

    def items(self) -> Iterator[SourceItem]:
        """The documents, one page of the listing in memory at a time. Raises `ConfigError` `no-documents`
        and what a bucket may answer."""
        found = 0
        self.left_alone = 0
        for entry, chosen in self._list():
            if _marks_folder(entry):
                continue
            if not chosen:
                self.left_alone += 1
                continue
            found += 1
            yield SourceItem(self._base + entry.key, entry.size, entry.version or f"size-{entry.size}")
        if not found:
            others = f"; {self.left_alone} other objects left alone" if self.left_alone else ""
            raise ConfigError(
                "no-documents",
                f"no documents in {self.url}{others}",
                stage=STAGE,
                hint="give a folder (s3://bucket/folder/), a key or a pattern (s3://bucket/**/*.pdf)",
            )

    def read(self, item: SourceItem) -> bytes:
        """The bytes that were listed. Raises as `fetch` does."""
        self._check(item)
        return b"".join(self._reader.read_parts(self._key(item), item))

    def fetch(self, item: SourceItem, spool: Path) -> Path:
        """The file with the bytes that were listed: `spool`, which is written part by part.

        Raises `DocumentError`: `too-large` and `empty` before anything is asked, `changed` and `gone` for an
        object that was replaced or deleted since; what a bucket may answer as `ConfigError`, `ServiceError`.
        """
        self._check(item)
        try:
            with spool.open("wb") as stream:
                for part in self._reader.read_parts(self._key(item), item):
                    stream.write(part)
        except BaseException:
            with suppress(OSError):
                spool.unlink(missing_ok=True)
            raise
        return spool

    def _list(self) -> Iterator[tuple[StoredObject, bool]]:
        """All objects that the address covers, and whether each is a document."""
        if is_pattern(self._path):
            pattern = Pattern(self._path)
            for entry in list_objects(self._requests, fixed_part(self._path)):
                if pattern.match(entry.key):
                    yield entry, looks_like_document(entry.key)
            return
        folder = self._path
        if folder and not folder.endswith("/"):
            # Of all keys that begin so, the key itself comes first.
            for entry in list_objects(self._requests, folder, most=1):
                if entry.key == folder:
                    yield entry, True
            folder += "/"
        for entry in list_objects(self._requests, folder):
            yield entry, looks_like_document(entry.key[len(folder) :])

    def _check(self, item: SourceItem) -> None:
        if item.size == 0:
            raise DocumentError(
                "empty", "the object has no bytes", document=item.uri, stage=STAGE, hint="upload it again"
            )
        if item.size > self._max_bytes:
            raise DocumentError(
                "too-large",
                f"{item.size:,} bytes, more than the limit of {self._max_bytes:,}",
                document=item.uri,
                stage=STAGE,
                hint="split it, or raise the limit",
            )

    def _key(self, item: SourceItem) -> str:
        if not item.uri.startswith(self._base):
            raise not_listed(item, f"is no object of {self._base}")
        return item.uri[len(self._base) :]


def looks_like_document(key: str) -> bool:
    """By its name alone: a document's ending, or none."""
    names = key.split("/")
    if any(name.startswith(".") and name not in (".", "..") for name in names):
        return False
    suffix = _SUFFIX.search(names[-1])
    return bool(names[-1]) and (suffix is None or suffix[0].lower() in DOCUMENT_SUFFIXES)


def _marks_folder(entry: StoredObject) -> bool:
    """Consoles and Hadoop make such objects so that an empty folder shows."""
    return entry.size == 0 and entry.key.endswith(("/", "_$folder$"))
