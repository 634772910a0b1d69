"""How a bucket is reached: endpoint, region, credentials, patience."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import NamedTuple
from urllib.parse import urlsplit

from docai.errors import ConfigError

STAGE = "sources"
# Old buckets have names that new ones may not have.
_BUCKET = re.compile(r"[A-Za-z0-9][A-Za-z0-9._\-]{0,254}")
_HOST = re.compile(r"[A-Za-z0-9._\-]{1,253}|[0-9A-Fa-f:.]{2,45}")
_NUMERIC = re.compile(r"[0-9.]{7,15}|[0-9A-Fa-f:.]{0,45}:[0-9A-Fa-f:.]{0,45}")


class BucketUrl(NamedTuple):
    """`path`: everything behind the bucket's slash, as written: a folder, a key or a pattern."""

    bucket: str
    path: str


@dataclass(frozen=True, slots=True)
class Keys:
    """An access key. `expires_s`: since the epoch, None for one that lasts."""

    access_key_id: str
    secret_access_key: str = field(repr=False)
    session_token: str | None = field(default=None, repr=False)
    expires_s: float | None = None


@dataclass(frozen=True, slots=True)
class Machine:
    """Where a machine of AWS gives keys by itself: a container's address, a role for a web identity, or the
    instance. `token`, `token_file`: what the container's address wants to see."""

    container_url: str | None = None
    token: str | None = field(default=None, repr=False)
    token_file: str | None = None
    role_arn: str | None = None
    web_identity_file: str | None = None
    session_name: str = "docai"
    sts_url: str | None = None
    instance_url: str | None = "http://169.254.169.254"


@dataclass(frozen=True, slots=True)
class S3Access:
    """What every bucket of a job shares. Travels to workers; never shown with its secrets.

    `endpoint_url`: of an S3-compatible server, None for AWS. `keys`, else `machine`: where keys come from.
    `anonymous`: requests are not signed. `virtual_hosted`: the bucket stands in the host's name; None leaves
    that to what is usual. `proxy_url`: through which the endpoint is reached. `looked`: where credentials
    were looked for, for the error that says there are none. `retries` of one request, with doubling pauses
    and jitter, no longer than `retry_s` altogether, and than `first_retry_s` as long as the server never
    answered. `read_timeout_s`: without a byte.
    """

    endpoint_url: str | None = None
    region: str = "us-east-1"
    keys: Keys | None = None
    machine: Machine | None = None
    anonymous: bool = False
    virtual_hosted: bool | None = None
    ca_pem: bytes | None = field(default=None, repr=False)
    proxy_url: str | None = field(default=None, repr=False)
    looked: tuple[str, ...] = ()
    retries: int = 60
    retry_s: float = 120.0
    first_retry_s: float = 10.0
    connect_timeout_s: float = 5.0
    read_timeout_s: float = 30.0

    @property
    def server(self) -> str:
        """As messages name it."""
        return self.endpoint_url or f"AWS ({self.region})"


class Place(NamedTuple):
    """Where a bucket's requests go. `root`: path of the bucket there, empty where the host names it."""

    scheme: str
    host: str
    root: str
    virtual_hosted: bool


def is_bucket(url: str) -> bool:
    return url.lower().startswith(("s3://", "s3a://"))


def parse_s3_url(url: str) -> BucketUrl:
    """`s3://bucket/path`. Raises `ConfigError` `bad-url`. Nothing in it is decoded: keys are as written."""
    bucket, _, path = url.partition("://")[2].partition("/")
    if not is_bucket(url) or not _BUCKET.fullmatch(bucket):
        raise ConfigError("bad-url", f"{url!r} names no bucket", stage=STAGE, hint="like s3://bucket/folder/")
    return BucketUrl(bucket, path)


def locate_bucket(bucket: str, access: S3Access) -> Place:
    """AWS wants the bucket in the host's name, where a certificate covers it (no dots); other servers rarely
    have such names."""
    if access.endpoint_url:
        parts = urlsplit(access.endpoint_url)
        known = parts.scheme in ("http", "https") and parts.hostname and _HOST.fullmatch(parts.hostname)
        if not known or not _is_port(parts.netloc):
            raise ConfigError(
                "bad-url",
                f"{access.endpoint_url!r} is no address of an S3 server",
                stage=STAGE,
                hint="like https://minio.example:9000",
            )
        scheme, host, base = parts.scheme, parts.netloc.rpartition("@")[2], parts.path.rstrip("/")
        numeric = _NUMERIC.fullmatch(parts.hostname or "") is not None
        virtual = bool(access.virtual_hosted) and not numeric
    else:
        ending = "amazonaws.com.cn" if access.region.startswith("cn-") else "amazonaws.com"
        scheme, host, base = "https", f"s3.{access.region}.{ending}", ""
        virtual = "." not in bucket if access.virtual_hosted is None else access.virtual_hosted
    if virtual:
        return Place(scheme, f"{bucket}.{host}", base, True)
    return Place(scheme, host, f"{base}/{bucket}", False)


def _is_port(netloc: str) -> bool:
    """Whether what follows the host is a port, or nothing."""
    try:
        return urlsplit(f"//{netloc}").port != 0
    except ValueError:
        return False
