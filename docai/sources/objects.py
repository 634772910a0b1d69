"""Object stores by their address: a bucket's or a folder's."""

from __future__ import annotations

import secrets
from pathlib import Path

from docai.protocols import ObjectStore, Source
from docai.sources.s3_access import S3Access, is_bucket, parse_s3_url
from docai.sources.s3_errors import no_conditions


def open_store(url: str, access: S3Access | None = None) -> ObjectStore:
    """The store below `s3://bucket/prefix`, or below a local folder, which need not be there yet.

    Asks nothing of a server yet. Raises `ConfigError`: `bad-url`, `store-no-credentials`.
    """
    if is_bucket(url):
        from docai.sources.s3_store import S3ObjectStore

        return S3ObjectStore(url, parse_s3_url(url), access or S3Access())
    from docai.sources.folder_store import FolderStore

    return FolderStore(Path(url))


def open_source(url: str, access: S3Access | None = None, max_bytes: int = 1 << 30) -> Source:
    """The documents of `s3://bucket/folder/`, of a pattern or key there, or of a local folder or file.

    `max_bytes`: larger objects of a bucket fail before they are fetched. Raises `ConfigError`.
    """
    if is_bucket(url):
        from docai.sources.bucket import BucketSource

        return BucketSource(url, access or S3Access(), max_bytes)
    from docai.sources.folder import FolderSource

    return FolderSource([url])


def check_writable(store: ObjectStore) -> None:
    """Write, read and delete a small object, and see that it cannot be created twice. Leaves nothing behind.

    Raises `ConfigError` or `ServiceError` that says why a job could not keep its results there.
    """
    key = f"docai-probe-{secrets.token_hex(8)}"
    data = key.encode()
    created = store.create(key, data)
    try:
        if not created or store.create(key, b"another") or store.get(key) != data:
            raise no_conditions(store.url)
    finally:
        store.delete([key])
