"""How a bucket is reached: endpoint, region, credentials, patience."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import NamedTuple

from docai.errors import ConfigError

STAGE = "sources"


class BucketUrl(NamedTuple):
    """`prefix` is empty or ends with a slash, unless it is a pattern or one object's key."""

    bucket: str
    prefix: str


@dataclass(frozen=True, slots=True)
class Keys:
    """An access key as it is given: by the environment or a profile."""

    access_key_id: str
    secret_access_key: str = field(repr=False)
    session_token: str | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class S3Access:
    """What every bucket of a job shares. Travels to workers; never shown with its secrets.

    `endpoint_url`: of an S3-compatible server, None for AWS. `keys`: None leaves it to what the machine
    gives (container, web identity, instance). `anonymous`: requests are not signed. `looked`: where
    credentials were looked for, for the error that says there are none. `retries` of one request, with
    doubling pauses and jitter, no longer than `retry_s` altogether. `read_timeout_s`: without a byte.
    """

    endpoint_url: str | None = None
    region: str = "us-east-1"
    keys: Keys | None = None
    anonymous: bool = False
    virtual_hosted: bool | None = None
    ca_pem: bytes | None = field(default=None, repr=False)
    looked: tuple[str, ...] = ()
    retries: int = 8
    retry_s: float = 120.0
    connect_timeout_s: float = 5.0
    read_timeout_s: float = 30.0

    @property
    def uses_virtual_hosts(self) -> bool:
        """AWS wants the bucket in the host's name; other servers rarely have such names."""
        return self.endpoint_url is None if self.virtual_hosted is None else self.virtual_hosted


def is_s3_url(url: str) -> bool:
    return url.lower().startswith(("s3://", "s3a://"))


def parse_s3_url(url: str) -> BucketUrl:
    """`s3://bucket/prefix`. Raises `ConfigError` `bad-url`. Nothing in it is decoded: keys are as written."""
    bucket, _, prefix = url.partition("://")[2].partition("/")
    if not is_s3_url(url) or not bucket or any(c in bucket for c in " ?#@:*"):
        raise ConfigError(
            "bad-url",
            f"{url!r} names no bucket",
            stage=STAGE,
            hint="like s3://bucket/folder/",
        )
    return BucketUrl(bucket, prefix)
