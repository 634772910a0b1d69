"""Where a bucket's requests go: hosts, paths, proxies, certificates."""

from __future__ import annotations

import ssl
import subprocess
from dataclasses import replace
from pathlib import Path

import pytest
from services.stub_bucket import KEYS, StubBucket

from docai.errors import ConfigError
from docai.sources.bucket import BucketSource
from docai.sources.objects import open_store
from docai.sources.s3_access import S3Access, locate_bucket, parse_s3_url


@pytest.mark.parametrize(
    ("bucket", "access", "expected"),
    [
        ("b", S3Access(region="eu-west-1"), ("https", "b.s3.eu-west-1.amazonaws.com", "", True)),
        # A certificate for *.s3.… does not cover a name with dots.
        ("b.c", S3Access(), ("https", "s3.us-east-1.amazonaws.com", "/b.c", False)),
        ("b", S3Access(region="cn-north-1"), ("https", "b.s3.cn-north-1.amazonaws.com.cn", "", True)),
        ("b", S3Access("https://minio:9000"), ("https", "minio:9000", "/b", False)),
        ("b", S3Access("http://[::1]:9000/base/"), ("http", "[::1]:9000", "/base/b", False)),
        ("b", S3Access("https://oss.example", virtual_hosted=True), ("https", "b.oss.example", "", True)),
        ("b", S3Access("http://127.0.0.1:9", virtual_hosted=True), ("http", "127.0.0.1:9", "/b", False)),
        ("b", S3Access(virtual_hosted=False), ("https", "s3.us-east-1.amazonaws.com", "/b", False)),
    ],
)
def test_hosts_and_paths(bucket: str, access: S3Access, expected: tuple[str, str, str, bool]) -> None:
    assert tuple(locate_bucket(bucket, access)) == expected
    store = open_store(f"s3://{bucket}/x", replace(access, keys=KEYS))
    assert store.url == f"s3://{bucket}/x"


@pytest.mark.parametrize(
    "endpoint",
    ["minio:9000", "ftp://x", "http://", "http://a b", "http://h:port", "http://ü.example", "http://x%2f"],
)
def test_endpoints_that_are_none(endpoint: str) -> None:
    with pytest.raises(ConfigError) as caught:
        open_store("s3://bucket/", S3Access(endpoint, keys=KEYS))
    assert caught.value.code == "bad-url"


def test_nothing_in_an_address_is_decoded() -> None:
    assert parse_s3_url("s3://b/a%20b/../c d?x=1#y") == ("b", "a%20b/../c d?x=1#y")
    assert parse_s3_url("S3A://B_ucket") == ("B_ucket", "")


def test_a_proxy_is_asked_instead(tmp_path: Path) -> None:
    objects = {"a.pdf": b"%PDF", "b/../c.pdf": b"%PDF-2"}
    with StubBucket(objects) as proxy:
        access = replace(
            proxy.access(), endpoint_url="http://s3.nowhere.example", proxy_url=proxy.endpoint_url
        )
        source = BucketSource(proxy.url, access)
        assert [source.read(item) for item in source.items()] == list(objects.values())


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    folder = tmp_path_factory.mktemp("tls")
    key, cert = folder / "key.pem", folder / "cert.pem"
    subject = ["-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost"]
    subject += ["-addext", "basicConstraints=critical,CA:false"]
    command = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "30"]
    try:
        subprocess.run(
            [*command, *subject, "-keyout", str(key), "-out", str(cert)], check=True, capture_output=True
        )
    except FileNotFoundError:
        pytest.skip("openssl is not installed")
    return key, cert


def test_a_certificate_of_ones_own(certificate: tuple[Path, Path]) -> None:
    key, cert = certificate
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(cert, key)
    objects = {"a.pdf": b"%PDF", "b/../c.pdf": b"%PDF-2"}
    with StubBucket(objects, tls=context) as bucket:
        trusted = replace(bucket.access(retries=1), ca_pem=cert.read_bytes())
        source = BucketSource(bucket.url, trusted)
        items = list(source.items())
        assert [source.read(item) for item in items] == list(objects.values())
        doubted = BucketSource(bucket.url, bucket.access(retries=1))
        for ask in (lambda: list(doubted.items()), lambda: doubted.read(items[0])):
            with pytest.raises(ConfigError) as caught:
                ask()
            assert caught.value.code == "store-certificate"


def test_a_bundle_that_is_none() -> None:
    with pytest.raises(ConfigError) as caught:
        BucketSource("s3://b/", S3Access("https://x.example", keys=KEYS, ca_pem=b"nonsense"))
    assert caught.value.code == "store-ca-unreadable"
