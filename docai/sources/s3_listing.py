"""The keys of a bucket, page by page (ListObjectsV2)."""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import unquote_plus
from xml.etree import ElementTree

from docai.sources.s3_requests import CutOff, Reply, S3Requests
from docai.types import StoredObject

_PAGE_KEYS = 1000


def list_objects(requests: S3Requests, prefix: str, most: int | None = None) -> Iterator[StoredObject]:
    """Objects whose keys begin so, in the server's order; `version` is the ETag without its quotes. Holds one
    page. `most`: stop after so many. Raises `ConfigError` and `ServiceError`."""
    token: str | None = None
    left = most
    while True:
        query = [("list-type", "2"), ("encoding-type", "url"), ("prefix", prefix)]
        query.append(("max-keys", str(_PAGE_KEYS if left is None else min(left, _PAGE_KEYS))))
        if token:
            query.append(("continuation-token", token))
        page = requests.get("", query, {}, lambda reply: _parse_page(requests, reply))
        space = page.tag.partition("}")[0] + "}" if page.tag.startswith("{") else ""
        objects = list(_read_page(page, space))
        yield from objects
        left = None if left is None else left - len(objects)
        token = page.findtext(f"{space}NextContinuationToken")
        if not token or page.findtext(f"{space}IsTruncated") != "true" or left == 0:
            return


def _read_page(page: ElementTree.Element, space: str) -> Iterator[StoredObject]:
    encoded = page.findtext(f"{space}EncodingType") == "url"
    key_tag, size_tag, version_tag = f"{space}Key", f"{space}Size", f"{space}ETag"
    for entry in page.iterfind(f"{space}Contents"):
        key = size = version = ""
        for child in entry:
            if child.tag == key_tag:
                key = child.text or ""
            elif child.tag == size_tag:
                size = child.text or ""
            elif child.tag == version_tag:
                version = child.text or ""
        if encoded:
            key = unquote_plus(key, errors="replace")
        yield StoredObject(key, int(size or 0), version.strip('"'))


def _parse_page(requests: S3Requests, reply: Reply) -> ElementTree.Element:
    if reply.status != 200:
        raise requests.make_error(reply, "list")
    try:
        page = ElementTree.fromstring(reply.body)
    except ElementTree.ParseError as error:
        raise CutOff from error
    if not page.tag.endswith("ListBucketResult"):
        raise CutOff
    return page
