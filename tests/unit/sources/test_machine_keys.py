"""Keys that a machine gives by itself, from servers that speak as AWS's do."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qs

import pytest
from services.stub_bucket import KEYS, StubBucket

from docai.errors import ConfigError, ServiceError
from docai.sources.bucket import BucketSource
from docai.sources.s3_access import Machine, S3Access
from docai.sources.s3_credentials import Credentials


class Giver:
    """Gives keys as instance, container and STS do; `refuse` is a status to answer with instead."""

    def __init__(self) -> None:
        self.given = 0
        self.life_s = 3600.0
        self.refuse = 0
        giver = self

        class Handler(BaseHTTPRequestHandler):
            def do_PUT(self) -> None:
                assert self.path == "/latest/api/token"
                assert self.headers["X-aws-ec2-metadata-token-ttl-seconds"]
                self._reply(b"TOKEN")

            def do_GET(self) -> None:
                roles = "/latest/meta-data/iam/security-credentials/"
                if self.path.startswith(roles) and self.headers["X-aws-ec2-metadata-token"] != "TOKEN":
                    self.send_error(401)
                elif self.path == roles:
                    self._reply(b"my-role\n")
                elif self.path == roles + "my-role" or (
                    self.path == "/container" and self.headers["Authorization"] == "container-token"
                ):
                    self._reply(json.dumps(giver.make_keys()).encode())
                else:
                    self.send_error(404)

            def do_POST(self) -> None:
                asked = parse_qs(self.rfile.read(int(self.headers["content-length"])).decode())
                assert asked["WebIdentityToken"] == ["identity"]
                assert asked["Action"] == ["AssumeRoleWithWebIdentity"]
                keys = giver.make_keys()
                keys["SessionToken"] = keys.pop("Token")
                inner = "".join(f"<{name}>{value}</{name}>" for name, value in keys.items())
                self._reply(
                    '<R xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><Result><Credentials>'
                    f"{inner}</Credentials></Result></R>".encode()
                )

            def _reply(self, body: bytes) -> None:
                if giver.refuse:
                    self.send_error(giver.refuse)
                    return
                self.send_response(200)
                self.send_header("content-length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, format: str, *args: object) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}"

    def make_keys(self) -> dict[str, str]:
        self.given += 1
        expires = datetime.fromtimestamp(time.time() + self.life_s, UTC)
        return {
            "AccessKeyId": KEYS.access_key_id,
            "SecretAccessKey": KEYS.secret_access_key,
            "Token": f"token-{self.given}",
            "Expiration": expires.strftime("%Y-%m-%dT%H:%M:%SZ"),
        }


@pytest.fixture
def giver() -> Iterator[Giver]:
    giver = Giver()
    thread = threading.Thread(target=giver.server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    yield giver
    giver.server.shutdown()
    giver.server.server_close()


def make_machine(kind: str, giver: Giver, folder: Path) -> Machine:
    (folder / "identity").write_text("identity\n")
    (folder / "container").write_text("container-token\n")
    if kind == "instance":
        return Machine(instance_url=giver.url)
    if kind == "container":
        return Machine(container_url=f"{giver.url}/container", token_file=str(folder / "container"))
    return Machine(role_arn="arn:x", web_identity_file=str(folder / "identity"), sts_url=giver.url)


@pytest.mark.parametrize("kind", ["instance", "container", "web identity"])
def test_keys_open_a_bucket_and_are_asked_for_once(giver: Giver, tmp_path: Path, kind: str) -> None:
    data = {"a.pdf": b"%PDF", "b/../c.pdf": b"%PDF-2"}
    with StubBucket(data) as bucket:
        access = replace(bucket.access(), keys=None, machine=make_machine(kind, giver, tmp_path))
        source = BucketSource(bucket.url, access)
        read = [source.read(item) for item in source.items()]
    assert read == list(data.values())
    assert giver.given == 1


def test_keys_are_renewed_before_they_expire(giver: Giver, tmp_path: Path) -> None:
    credentials = Credentials("s3://b/", S3Access(machine=make_machine("instance", giver, tmp_path)))
    giver.life_s = 200
    first, second = credentials.current(), credentials.current()
    giver.life_s = 3600
    third, fourth = credentials.current(), credentials.current()
    assert [k.session_token for k in (first, second, third, fourth) if k] == [
        "token-1",
        "token-2",
        "token-3",
        "token-3",
    ]


@pytest.mark.parametrize("kind", ["instance", "container", "web identity"])
def test_a_machine_that_gives_none(giver: Giver, tmp_path: Path, kind: str) -> None:
    access = S3Access(machine=make_machine(kind, giver, tmp_path), looked=("what this machine gives",))
    giver.refuse = 404
    with pytest.raises(ConfigError) as caught:
        list(BucketSource("s3://b/", access).items())
    assert caught.value.code == "store-no-credentials"
    assert "what this machine gives" in caught.value.message
    giver.refuse = 500
    with pytest.raises(ServiceError):
        Credentials("s3://b/", access).current()


def test_a_role_whose_token_is_gone(giver: Giver, tmp_path: Path) -> None:
    machine = replace(make_machine("web identity", giver, tmp_path), web_identity_file=str(tmp_path / "no"))
    with pytest.raises(ConfigError) as caught:
        Credentials("s3://b/", S3Access(machine=machine)).current()
    assert caught.value.code == "store-no-credentials"
