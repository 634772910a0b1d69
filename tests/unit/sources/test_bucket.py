"""What a bucket gives, and what it leaves alone."""

from __future__ import annotations

import random
from collections.abc import Iterator
from pathlib import Path

import pytest
from services.stub_bucket import Answer, StubBucket

from docai.errors import ConfigError, DocaiError, DocumentError, ServiceError
from docai.sources import bucket_reads
from docai.sources.bucket import BucketSource, looks_like_document
from docai.sources.s3_access import Keys
from docai.types import SourceItem

PDF = b"%PDF-1.7\n"
ODD = (
    "c/sp ace + plus.pdf",
    "c/ü ñ 文.pdf",
    "c/../up.pdf",
    "c/./here.pdf",
    "c//two slashes.pdf",
    "c/100%25.pdf",
    "c/a&b<c>'d'\"e\".pdf",
    "c/q?x=1#y.pdf",
    "c/line\nbreak.pdf",
    "c/[brackets]*.pdf",
    "c/" + "k" * 1018 + ".pdf",
    "c/no ending",
    "c/Contract No. 5",
    "c/UPPER.PDF",
    "c/back\\slash~{x}^`|.pdf",
    "c/del\x7f nul-like \u2028 \u00a0.pdf",
    "c/\U0001f600 e\u0301 \u200b.pdf",
)


@pytest.fixture
def bucket() -> Iterator[StubBucket]:
    with StubBucket({}) as bucket:
        yield bucket


def list_keys(bucket: StubBucket, path: str = "") -> list[str]:
    source = BucketSource(bucket.url + path, bucket.access())
    return [item.uri.removeprefix(bucket.url) for item in source.items()]


def test_odd_keys_are_listed_and_read(bucket: StubBucket, tmp_path: Path) -> None:
    bucket.objects = {key: PDF + key.encode() for key in ODD}
    assert max(len(key.encode()) for key in ODD) == 1024
    source = BucketSource(bucket.url + "c/", bucket.access())
    items = list(source.items())
    assert [item.uri for item in items] == [bucket.url + key for key in sorted(ODD)]
    for item in items:
        expected = PDF + item.uri.removeprefix(bucket.url).encode()
        assert source.read(item) == expected
        assert source.fetch(item, tmp_path / "spool").read_bytes() == expected


def test_a_key_that_begins_with_a_slash(bucket: StubBucket) -> None:
    bucket.objects = {"/a.pdf": PDF, "/": b"", "//": b""}
    source = BucketSource(bucket.url, bucket.access())
    (item,) = source.items()
    assert (item.uri, source.read(item)) == ("s3://stub//a.pdf", PDF)


def test_listing_reads_nothing(bucket: StubBucket) -> None:
    bucket.objects = {f"{n}.pdf": PDF for n in range(50)}
    assert len(list_keys(bucket)) == 50
    assert bucket.requests == ["GET /stub"]


def test_what_is_left_alone_is_counted(bucket: StubBucket) -> None:
    bucket.objects = {
        "c/": b"",
        "c/folder/": b"",
        "c/old_$folder$": b"",
        "c/a.pdf": PDF,
        "c/empty.pdf": b"",
        "c/notes.txt": b"x",
        "c/.hidden.pdf": PDF,
        "c/.docai/b.pdf": PDF,
        "c/full folder/": b"bytes",
        "cc/other.pdf": PDF,
    }
    source = BucketSource(bucket.url + "c", bucket.access())
    assert [item.uri for item in source.items()] == [bucket.url + "c/a.pdf", bucket.url + "c/empty.pdf"]
    assert source.left_alone == 4


def test_pages_of_a_listing(bucket: StubBucket) -> None:
    bucket.page_keys = 7
    bucket.objects = {f"d/{n:03} ü.pdf": PDF for n in range(100)}
    assert list_keys(bucket, "d/") == sorted(bucket.objects)
    assert len(bucket.requests) == 15


def test_a_key_and_what_only_begins_like_it(bucket: StubBucket) -> None:
    bucket.objects = {"a.txt": PDF, "a.txt.pdf": PDF, "a.txt/x.pdf": PDF, "b.pdf": PDF}
    assert list_keys(bucket, "a.txt") == ["a.txt", "a.txt/x.pdf"]
    assert list_keys(bucket, "b.pdf") == ["b.pdf"]


def test_patterns(bucket: StubBucket) -> None:
    bucket.objects = dict.fromkeys(("c/1.pdf", "c/d/2.pdf", "c/d/e/3.pdf", "c/d/4.png", "c/d/5.txt"), PDF)
    assert list_keys(bucket, "c/**/*.pdf") == ["c/1.pdf", "c/d/2.pdf", "c/d/e/3.pdf"]
    assert list_keys(bucket, "c/*.pdf") == ["c/1.pdf"]
    assert list_keys(bucket, "c/?/[24].*") == ["c/d/2.pdf", "c/d/4.png"]


def test_nothing_found_says_what_was_left_alone(bucket: StubBucket) -> None:
    bucket.objects = {"c/notes.txt": b"x"}
    with pytest.raises(ConfigError) as caught:
        list_keys(bucket, "c/")
    assert caught.value.code == "no-documents"
    assert "1 other objects" in caught.value.message


@pytest.mark.parametrize("key", ["a.pdf", "a/../b.pdf"])
def test_replaced_deleted_empty_and_too_large(bucket: StubBucket, tmp_path: Path, key: str) -> None:
    bucket.objects = {key: PDF}
    source = BucketSource(bucket.url, bucket.access(), max_bytes=100)
    (item,) = source.items()
    spool = tmp_path / "spool"
    bucket.objects = {key: PDF + b"more"}
    assert fails_with(source, item, spool) == "changed"
    bucket.objects = {}
    assert fails_with(source, item, spool) == "gone"
    bucket.objects = {key: b""}
    (item,) = source.items()
    asked = len(bucket.requests)
    assert fails_with(source, item, spool) == "empty"
    assert fails_with(source, SourceItem(item.uri, 5 << 30, "v"), spool) == "too-large"
    assert len(bucket.requests) == asked
    assert not spool.exists()


def fails_with(source: BucketSource, item: SourceItem, spool: Path) -> str:
    with pytest.raises(DocumentError) as caught:
        source.fetch(item, spool)
    assert caught.value.document == item.uri
    assert caught.value.hint
    return caught.value.code


@pytest.mark.parametrize("key", ["large.pdf", "c/../large.pdf"])
def test_large_objects_come_in_ranges(
    bucket: StubBucket, tmp_path: Path, key: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bucket_reads, "_PART_BYTES", 1000)
    data = random.Random(1).randbytes(4321)
    bucket.objects = {key: data}
    source = BucketSource(bucket.url, bucket.access())
    (item,) = source.items()
    before = len(bucket.requests)
    assert source.fetch(item, tmp_path / "spool").read_bytes() == data
    assert len(bucket.requests) - before == 5
    bucket.answers = [Answer(206, body=b"")]  # says nothing of a range, holds nothing
    assert source.read(item) == data


@pytest.mark.parametrize("key", ["a.pdf", "a/../b.pdf"])
def test_short_replies_are_asked_for_again(bucket: StubBucket, key: str) -> None:
    bucket.objects = {key: PDF * 100}
    source = BucketSource(bucket.url, bucket.access())
    (item,) = source.items()
    cut = {"etag": f'"{item.version}"', "last-modified": "Tue, 24 Nov 2026 12:00:00 GMT"}
    bucket.answers = [
        Answer(200, headers=cut, body=PDF),
        Answer(500, "InternalError"),
        Answer(503, "SlowDown"),
    ]
    assert source.read(item) == PDF * 100


@pytest.mark.parametrize(
    ("status", "code", "expected", "word"),
    [
        (404, "NoSuchBucket", "store-no-bucket", "s3://stub/"),
        (403, "AccessDenied", "store-denied", "list"),
        (403, "RequestTimeTooSkewed", "store-clock", "clock"),
        (403, "InvalidAccessKeyId", "store-keys-wrong", "credentials"),
        (400, "ExpiredToken", "store-keys-expired", "expired"),
        (301, "PermanentRedirect", "store-region", "region"),
        (400, "AuthorizationHeaderMalformed", "store-region", "region"),
        (503, "SlowDown", "store-throttled", "SlowDown"),
        (429, "", "store-throttled", "fewer"),
        (500, "InternalError", "store-failed", "InternalError"),
    ],
)
def test_each_refusal_has_its_code(
    bucket: StubBucket, status: int, code: str, expected: str, word: str
) -> None:
    bucket.answers = [Answer(status, code)] * 4
    with pytest.raises(DocaiError) as caught:
        list(BucketSource(bucket.url, bucket.access(retries=2)).items())
    assert caught.value.code == expected
    assert isinstance(caught.value, ServiceError if status in (429, 500, 503) else ConfigError)
    assert word in caught.value.message
    assert caught.value.hint


def test_the_right_region_is_told(bucket: StubBucket) -> None:
    bucket.answers = [Answer(301, "PermanentRedirect", {"x-amz-bucket-region": "eu-north-1"})]
    with pytest.raises(ConfigError) as caught:
        list_keys(bucket)
    assert "AWS_REGION=eu-north-1" in str(caught.value.hint)


def test_one_object_that_is_denied_or_archived_does_not_end_the_job(
    bucket: StubBucket, tmp_path: Path
) -> None:
    bucket.objects = {"a.pdf": PDF, "a/../b.pdf": PDF}
    source = BucketSource(bucket.url, bucket.access())
    for item in source.items():
        bucket.answers = [Answer(403, "AccessDenied")]
        assert fails_with(source, item, tmp_path / "spool") == "denied"
        bucket.answers = [Answer(403, "InvalidObjectState")]
        assert fails_with(source, item, tmp_path / "spool") == "archived"


def test_secrets_stay_where_they_are(bucket: StubBucket) -> None:
    keys = Keys("AKWRONG", "the-wrong-secret", "the-token")
    with pytest.raises(ConfigError) as caught:
        list(BucketSource(bucket.url, bucket.access(keys)).items())
    assert caught.value.code == "store-keys-wrong"
    assert "secret" not in str(caught.value)
    assert "the-token" not in str(caught.value)


def test_what_is_no_s3_server(bucket: StubBucket) -> None:
    page = Answer(200, body=b"<html><body>welcome</body></html>")
    for answer in (page, Answer(200, body=b"no xml"), Answer(200, body=b"")):
        bucket.answers = [answer] * 3
        with pytest.raises(ServiceError) as caught:
            list(BucketSource(bucket.url, bucket.access(retries=1)).items())
        assert caught.value.code == "store-not-whole"
        bucket.answers = []


def test_nobody_there() -> None:
    with StubBucket({}) as gone:
        access = gone.access(retries=1)
    with pytest.raises(ServiceError) as caught:
        list(BucketSource("s3://stub/", access).items())
    assert caught.value.code == "store-unreachable"
    assert access.server in caught.value.message


@pytest.mark.parametrize("url", ["s3://", "s3:///a", "s3://b ad/x", "s3://b*/x", "s3://user:pw@b/x"])
def test_addresses_without_a_bucket(url: str) -> None:
    with pytest.raises(ConfigError) as caught:
        BucketSource(url, StubBucket({}).access())
    assert caught.value.code == "bad-url"


@pytest.mark.parametrize(
    ("key", "is_one"),
    [
        ("a.pdf", True),
        ("a.PDF", True),
        ("a", True),
        ("scan.2024-01", True),
        ("scan.001", True),
        ("a.txt", False),
        ("a.json", False),
        ("a.docker", True),
        (".a.pdf", False),
        ("x/.git/a.pdf", False),
        ("x/../a.pdf", True),
        ("a/", False),
    ],
)
def test_names(key: str, is_one: bool) -> None:
    assert looks_like_document(key) is is_one
