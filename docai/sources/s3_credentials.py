"""Keys for a bucket: as they were given, or from the machine, renewed before they expire."""

from __future__ import annotations

import json
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlencode
from xml.etree import ElementTree

from docai.errors import ServiceError
from docai.sources.patience import Patience
from docai.sources.s3_access import Keys, Machine, S3Access
from docai.sources.s3_errors import no_credentials

_TIMEOUT_S = 2.0
_RETRIES, _RETRY_S = 2, 10.0
_EARLY_S = 300.0
_MOST_BYTES = 1 << 20
_STS = "{https://sts.amazonaws.com/doc/2011-06-15/}"
_DIRECT = urllib.request.build_opener(urllib.request.ProxyHandler({}))


class Credentials:
    """The keys of a job's buckets. Threads may share one."""

    def __init__(self, url: str, access: S3Access) -> None:
        self._url = url
        self._access = access
        self._keys = access.keys
        self._lock = threading.Lock()
        if not access.anonymous and access.keys is None and access.machine is None:
            raise no_credentials(url, access.looked)

    def current(self) -> Keys | None:
        """Keys that hold for some minutes, or None where requests go unsigned. Raises `ConfigError`
        `store-no-credentials`, `ServiceError` `store-unreachable`."""
        if self._access.anonymous:
            return None
        with self._lock:
            keys = self._keys
            if keys is None or (keys.expires_s is not None and keys.expires_s - time.time() < _EARLY_S):
                keys = self._keys = self._ask_machine()
            return keys

    def as_obstore(self) -> dict[str, Any]:
        """What obstore asks for before a request, in its own form."""
        keys = self.current()
        assert keys is not None
        expires = None if keys.expires_s is None else datetime.fromtimestamp(keys.expires_s - _EARLY_S, UTC)
        return {
            "access_key_id": keys.access_key_id,
            "secret_access_key": keys.secret_access_key,
            "token": keys.session_token,
            "expires_at": expires,
        }

    def _ask_machine(self) -> Keys:
        machine = self._access.machine
        if machine is None:
            raise no_credentials(self._url, self._access.looked)
        try:
            return read_machine_keys(machine, self._access.region)
        except (OSError, ValueError, KeyError) as error:
            if isinstance(error, urllib.error.HTTPError) and error.code >= 500:
                raise ServiceError(
                    "store-unreachable",
                    f"the machine's own credentials for {self._url} cannot be read (status {error.code})",
                    stage="sources",
                    hint="run the same command again; what was done is kept",
                ) from error
            raise no_credentials(self._url, self._access.looked) from error


def read_machine_keys(machine: Machine, region: str) -> Keys:
    """Keys of a web identity, a container or an instance. Raises OSError, ValueError or KeyError."""
    if machine.role_arn and machine.web_identity_file:
        return _ask_sts(machine, region)
    if machine.container_url:
        token = machine.token
        if machine.token_file:
            token = Path(machine.token_file).read_text(encoding="ascii").strip()
        return _parse_keys(_fetch(machine.container_url, {"Authorization": token} if token else {}))
    if machine.instance_url:
        return _ask_instance(machine.instance_url)
    raise ValueError("this machine gives no keys")


def _ask_instance(base: str) -> Keys:
    """The instance metadata service, version 2 (docs.aws.amazon.com "instancedata-data-retrieval")."""
    token = _fetch(
        f"{base}/latest/api/token", {"X-aws-ec2-metadata-token-ttl-seconds": "300"}, method="PUT"
    ).decode("ascii")
    headers = {"X-aws-ec2-metadata-token": token}
    roles = f"{base}/latest/meta-data/iam/security-credentials/"
    role = _fetch(roles, headers).decode("ascii").split()[0:1]
    if not role:
        raise ValueError("the instance has no role")
    return _parse_keys(_fetch(roles + role[0], headers))


def _ask_sts(machine: Machine, region: str) -> Keys:
    token = Path(machine.web_identity_file or "").read_text(encoding="ascii").strip()
    query = {
        "Action": "AssumeRoleWithWebIdentity",
        "Version": "2011-06-15",
        "RoleArn": machine.role_arn,
        "RoleSessionName": machine.session_name,
        "WebIdentityToken": token,
    }
    url = machine.sts_url or f"https://sts.{region}.amazonaws.com"
    # In the body, for an address is written to logs.
    request = urllib.request.Request(url, urlencode(query).encode(), method="POST")
    with _DIRECT.open(request, timeout=10.0) as response:
        root = ElementTree.fromstring(response.read(_MOST_BYTES))
    found = root.find(f".//{_STS}Credentials")
    if found is None:
        raise ValueError("the reply holds no credentials")
    values = {child.tag.removeprefix(_STS): child.text or "" for child in found}
    return _make_keys(
        values["AccessKeyId"], values["SecretAccessKey"], values["SessionToken"], values["Expiration"]
    )


def _parse_keys(body: bytes) -> Keys:
    values = json.loads(body)
    if not isinstance(values, dict):
        raise ValueError("the reply holds no credentials")
    return _make_keys(
        str(values["AccessKeyId"]),
        str(values["SecretAccessKey"]),
        str(values["Token"]),
        str(values["Expiration"]),
    )


def _make_keys(key_id: str, secret: str, token: str, expires: str) -> Keys:
    return Keys(key_id, secret, token, datetime.fromisoformat(expires.replace("Z", "+00:00")).timestamp())


def _fetch(url: str, headers: Mapping[str, str], method: str = "GET") -> bytes:
    """From an address of this machine or its network: never by a proxy, and not for long."""
    request = urllib.request.Request(url, headers=dict(headers), method=method)
    patience = Patience(_RETRIES, _RETRY_S)
    while True:
        try:
            with _DIRECT.open(request, timeout=_TIMEOUT_S) as response:
                body: bytes = response.read(_MOST_BYTES)
                return body
        except OSError as error:
            refused = isinstance(error, urllib.error.HTTPError) and error.code < 500
            if refused or not patience.wait():
                raise
