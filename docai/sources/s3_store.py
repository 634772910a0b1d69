"""Objects below a prefix of a bucket, by way of obstore."""

from __future__ import annotations

import secrets
from collections.abc import Iterator, Sequence
from datetime import timedelta
from typing import Any

from docai.sources.s3_access import BucketUrl, S3Access
from docai.sources.s3_errors import no_credentials, translate_error
from docai.types import StoredObject

_WRITER = "docai-writer"
_PAGE_KEYS = 1000
# For a whole request, its body included. Bodies of many gigabytes are read in ranges.
_REQUEST_S = 600.0


class S3ObjectStore:
    """Objects below a prefix. Threads may share one; a forked process opens its own.

    `create` is a conditional write. Its answer may be lost on the way and the request sent again, which then
    meets its own object: so each write carries a mark by which it is told from a rival's.
    """

    def __init__(self, url: str, place: BucketUrl, access: S3Access) -> None:
        self.url = url
        self.bucket = place.bucket
        self.prefix = place.prefix.rstrip("/") + "/" if place.prefix.strip("/") else ""
        self.endpoint = access.endpoint_url or f"AWS in {access.region}"
        self._store = open_bucket(url, place.bucket, access)

    def create(self, key: str, data: bytes) -> bool:
        import obstore
        from obstore.exceptions import AlreadyExistsError

        path, writer = self._full(key), secrets.token_hex(12)
        try:
            obstore.put(
                self._store,
                path,
                data,
                mode="create",
                attributes={_WRITER: writer},
                use_multipart=False,
            )
        except AlreadyExistsError:
            return self._read_writer(key) == writer
        except Exception as error:
            raise self._translate(error, "write") from error
        return True

    def put(self, key: str, data: bytes) -> None:
        import obstore

        path = self._full(key)
        try:
            obstore.put(self._store, path, data)
        except Exception as error:
            raise self._translate(error, "write") from error

    def get(self, key: str) -> bytes | None:
        import obstore

        path = self._full(key)
        try:
            return bytes(obstore.get(self._store, path).bytes())
        except Exception as error:
            if _is_missing(error):
                return None
            raise self._translate(error, "read") from error

    def list(self, prefix: str) -> Iterator[StoredObject]:
        import obstore

        if prefix and not prefix.endswith("/"):
            raise ValueError(f"a prefix ends with a slash: {prefix!r}")
        skip = len(self.prefix)
        try:
            pages = obstore.list(self._store, (self.prefix + prefix).rstrip("/"), chunk_size=_PAGE_KEYS)
            for page in pages:
                for entry in page:
                    yield StoredObject(entry["path"][skip:], entry["size"], (entry["e_tag"] or "").strip('"'))
        except Exception as error:
            raise self._translate(error, "list") from error

    def delete(self, keys: Sequence[str]) -> None:
        import obstore

        paths = [self._full(key) for key in keys]
        try:
            if paths:
                obstore.delete(self._store, paths)
        except Exception as error:
            if not _is_missing(error):
                raise self._translate(error, "delete") from error

    def _read_writer(self, key: str) -> str | None:
        import obstore

        try:
            attributes = obstore.get(self._store, self._full(key), options={"head": True}).attributes
        except Exception as error:
            if _is_missing(error):
                return None
            raise self._translate(error, "read") from error
        found = attributes.get(_WRITER)
        return found if isinstance(found, str) else None

    def _full(self, key: str) -> str:
        if any(part in ("", ".", "..") for part in key.split("/")):
            raise ValueError(f"no key of an object: {key!r}")
        return self.prefix + key

    def _translate(self, error: Exception, doing: str) -> Exception:
        return translate_error(error, self.url, self.endpoint, doing)


def open_bucket(url: str, bucket: str, access: S3Access) -> Any:
    """obstore's store for a bucket; nothing is asked of the server yet. Raises `ConfigError`.

    All that the library would else take from the environment by itself is given.
    """
    from obstore.store import S3Store

    config: Any = {"region": access.region, "skip_signature": access.anonymous}
    if access.endpoint_url:
        # Both names, since the more special one would win if the environment had it.
        config |= {"endpoint": access.endpoint_url, "aws_endpoint_url_s3": access.endpoint_url}
    config["virtual_hosted_style_request"] = access.uses_virtual_hosts
    if access.keys:
        config |= {
            "access_key_id": access.keys.access_key_id,
            "secret_access_key": access.keys.secret_access_key,
        }
        if access.keys.session_token:
            config["session_token"] = access.keys.session_token
    elif access.endpoint_url and not access.anonymous:
        # What a machine gives by itself are keys of AWS: of no use elsewhere, and nothing to send there.
        raise no_credentials(url, access.looked)
    client: Any = {
        "allow_http": bool(access.endpoint_url and access.endpoint_url.lower().startswith("http://")),
        "connect_timeout": timedelta(seconds=access.connect_timeout_s),
        "read_timeout": timedelta(seconds=access.read_timeout_s),
        "timeout": timedelta(seconds=_REQUEST_S),
    }
    if access.ca_pem:
        client["root_certificate"] = access.ca_pem
    retry: Any = {
        "max_retries": access.retries,
        "retry_timeout": timedelta(seconds=access.retry_s),
        "backoff": {
            "init_backoff": timedelta(seconds=0.2),
            "max_backoff": timedelta(seconds=10),
            "base": 2,
        },
    }
    return S3Store(bucket, config=config, client_options=client, retry_config=retry)


def _is_missing(error: Exception) -> bool:
    """No such object. A bucket that is not there is another matter."""
    return isinstance(error, FileNotFoundError) and "<Code>NoSuchBucket</Code>" not in str(error)
