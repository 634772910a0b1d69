"""Buckets and folders by their address, reached as this machine's environment says."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from docai.protocols import ObjectStore, Source
    from docai.sources.s3_access import S3Access


def find_access(endpoint_url: str | None = None, *, profile: str | None = None) -> S3Access:
    """Credentials, region and endpoint the AWS way. `endpoint_url` comes before the environment's."""
    from docai.config.aws import read_s3_access

    return read_s3_access(os.environ, Path.home(), endpoint_url=endpoint_url, profile=profile)


def open_source(url: str, endpoint_url: str | None = None, max_bytes: int = 1 << 30) -> Source:
    """The documents of a bucket's folder, pattern or key, or of a local folder. Larger objects of a bucket
    than `max_bytes` fail before they are fetched. Raises `ConfigError`."""
    from docai.sources.objects import open_source
    from docai.sources.s3_access import is_bucket

    return open_source(url, find_access(endpoint_url) if is_bucket(url) else None, max_bytes)


def open_store(url: str, endpoint_url: str | None = None) -> ObjectStore:
    """The objects below a bucket's folder, or in a local folder. Raises `ConfigError`."""
    from docai.sources.objects import open_store
    from docai.sources.s3_access import is_bucket

    return open_store(url, find_access(endpoint_url) if is_bucket(url) else None)
