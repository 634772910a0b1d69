"""What a real S3 server refuses, in docai's own words."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from services.seaweed import READER, Seaweed

from docai.errors import ConfigError, DocaiError
from docai.protocols import ObjectStore
from docai.sources.bucket import BucketSource
from docai.sources.objects import check_writable, open_store
from docai.sources.s3_access import Keys, S3Access
from docai.sources.s3_errors import find_code, make_error

pytestmark = pytest.mark.service


def find_fault(store: ObjectStore) -> DocaiError:
    with pytest.raises(DocaiError) as caught:
        check_writable(store)
    assert "secret" not in str(caught.value)
    return caught.value


def test_a_bucket_without_the_right_to_write_is_found_before_any_work(seaweed: Seaweed) -> None:
    place = seaweed.make_place()
    open_store(place, seaweed.access()).put("d/a.pdf", b"%PDF")
    access = seaweed.access(READER)
    assert [item.size for item in BucketSource(place, access).items()] == [4]
    error = find_fault(open_store(place, access))
    assert (type(error), error.code) == (ConfigError, "store-denied")
    assert "write" in error.message
    assert [o.key for o in open_store(place, seaweed.access()).list("")] == ["d/a.pdf"]


@pytest.mark.parametrize(
    ("keys", "code"),
    [
        (Keys("AKNOBODY", "secret"), "store-keys-wrong"),
        (Keys("AKOWNER", "another secret"), "store-keys-wrong"),
    ],
)
def test_wrong_keys(seaweed: Seaweed, keys: Keys, code: str) -> None:
    place = seaweed.make_place()
    assert find_fault(open_store(place, seaweed.access(keys))).code == code
    with pytest.raises(ConfigError) as caught:
        list(BucketSource(place, seaweed.access(keys)).items())
    assert caught.value.code == code


def test_without_keys_and_unsigned(seaweed: Seaweed) -> None:
    place = seaweed.make_place()
    with pytest.raises(ConfigError) as caught:
        open_store(place, S3Access(endpoint_url=seaweed.endpoint_url))
    assert caught.value.code == "store-no-credentials"
    unsigned = S3Access(endpoint_url=seaweed.endpoint_url, anonymous=True)
    assert find_fault(open_store(place, unsigned)).code == "store-denied"


def test_no_such_bucket(seaweed: Seaweed) -> None:
    with pytest.raises(ConfigError) as caught:
        list(BucketSource("s3://nobody-made-it/x/", seaweed.access()).items())
    assert caught.value.code == "store-no-bucket"
    store = open_store("s3://nobody-made-it/x/", seaweed.access(READER))
    with pytest.raises(ConfigError) as caught:
        store.get("a")
    assert caught.value.code == "store-no-bucket"


def test_a_clock_that_is_wrong(seaweed: Seaweed) -> None:
    """The server's own words for it are ones that docai knows."""
    seaweed.make_place()
    for skew in (timedelta(hours=-1), timedelta(hours=1)):
        status, body = seaweed.ask("GET", "/shared", at=datetime.now(UTC) + skew)
        code, _ = find_code(body.decode())
        assert status == 403
        assert make_error(code, status, "s3://shared/", "list").code == "store-clock"


def test_a_server_that_is_not_there(seaweed: Seaweed) -> None:
    access = replace(seaweed.access(endpoint_url="http://127.0.0.1:1"), retries=1)
    assert find_fault(open_store("s3://shared/x", access)).code == "store-unreachable"
