"""A Qdrant server that is not there, full, locked, foreign or none at all, by HTTP from this machine."""

from __future__ import annotations

import json
import socket
import sys
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from uuid import NAMESPACE_URL, uuid5

import numpy as np
import pytest

from docai.errors import ConfigError, DocaiError, ServiceError
from docai.index.server import Patience, ServerIndex, ServerSettings, connect
from docai.index.space import IndexDamaged, VectorSpace
from docai.types import IndexedPassage, Passage, Query, SparseVector, Where

SPACE = VectorSpace("model", "sha256:1", 3, "words/1")
ALL = Where()
Reply = tuple[int, str, dict[str, str]]
Script = Callable[[str, str], Reply]


def say(status: int, body: object, **headers: str) -> Reply:
    return status, body if isinstance(body, str) else json.dumps(body), headers


def fail(status: int, message: str) -> Reply:
    return say(status, {"status": {"error": message}, "time": 0.0})


class QuietServer(ThreadingHTTPServer):
    """A client that hangs up in the middle of a reply is part of the test, not of its output."""

    def handle_error(self, request: Any, client_address: Any) -> None:
        if not isinstance(sys.exc_info()[1], ConnectionError):
            super().handle_error(request, client_address)


class StubServer:
    """Answers every request as `script(method, path)` says, and remembers what was asked."""

    def __init__(self) -> None:
        self.script: Script = lambda *_: fail(500, "no script")
        self.asked: list[tuple[str, str]] = []
        self.keys: list[str | None] = []
        stub = self

        class Handler(BaseHTTPRequestHandler):
            def answer(self) -> None:
                self.rfile.read(int(self.headers.get("Content-Length") or 0))
                stub.asked.append((self.command, self.path.split("?")[0]))
                stub.keys.append(self.headers.get("api-key"))
                status, body, headers = stub.script(*stub.asked[-1])
                self.send_response(status)
                for name, value in headers.items():
                    self.send_header(name.replace("_", "-"), value)
                self.send_header("Content-Length", str(len(body.encode())))
                self.end_headers()
                self.wfile.write(body.encode())

            do_GET = do_PUT = do_POST = do_DELETE = answer

            def log_message(self, *_: object) -> None:
                pass

        self._server = QuietServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        threading.Thread(target=self._server.serve_forever, args=(0.01,), daemon=True).start()

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()


@pytest.fixture
def stub() -> Iterator[StubServer]:
    server = StubServer()
    yield server
    server.close()


def open_index(url: str, key: str | None = None, tries: int = 2) -> ServerIndex:
    settings = ServerSettings(url, key, timeout_s=2)
    return ServerIndex(connect(settings), SPACE, place=url, patience=Patience(tries, pause_s=0.0))


def make_passage(document_id: str = "a", ordinal: int = 0) -> IndexedPassage:
    passage = Passage(str(uuid5(NAMESPACE_URL, f"{document_id}/{ordinal}")), document_id, 1, ordinal, "text")
    sparse = SparseVector(np.array([1], np.uint32), np.array([1], np.float32))
    return IndexedPassage(passage, np.array([1, 0, 0], np.float32), sparse)


def catch(index: ServerIndex) -> DocaiError:
    with pytest.raises(DocaiError) as caught:
        index.replace("a", [make_passage()])
    with pytest.raises(DocaiError) as again:
        index.search(Query("?", make_passage().dense), 3, ALL)
    assert again.value.code == caught.value.code
    return caught.value


def test_a_server_that_is_not_there() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{taken.getsockname()[1]}"
        error = catch(open_index(url))
    assert (type(error), error.code, error.exit_code) == (ServiceError, "index-server-down", 3)
    assert url in str(error)
    assert error.hint


@pytest.mark.parametrize(
    ("reply", "kind", "code", "tries"),
    [
        (fail(401, "Must provide an API key"), ConfigError, "index-server-key", 1),
        (fail(403, "Forbidden: Invalid api-key"), ConfigError, "index-server-key", 1),
        (
            say(401, "Must provide an API key or an Authorization bearer token"),
            ConfigError,
            "index-server-key",
            1,
        ),
        (
            fail(500, "Service internal error: No space left on device (os error 28)"),
            ServiceError,
            "index-server-full",
            2,
        ),
        (say(507, "Insufficient Storage"), ServiceError, "index-server-full", 2),
        (fail(500, "Service internal error: task panicked"), ServiceError, "index-server-failed", 2),
        (say(503, "<html>upstream</html>"), ServiceError, "index-server-down", 2),
        (fail(429, "Rate limiting exceeded"), ServiceError, "index-server-busy", 2),
        (say(429, {"status": {"error": "slow"}}, Retry_After="0"), ServiceError, "index-server-busy", 2),
        (fail(400, "Bad request: strict mode"), ConfigError, "index-server-refused", 1),
        (say(404, "<html><title>nginx</title></html>"), ConfigError, "not-qdrant", 1),
        (say(302, "", Location="http://127.0.0.1:1/"), ConfigError, "not-qdrant", 1),
        (say(200, "<html>Welcome</html>"), ConfigError, "not-qdrant", 1),
        (say(200, {"hello": "world"}), ConfigError, "not-qdrant", 1),
        (say(200, ""), ConfigError, "not-qdrant", 1),
    ],
)
def test_what_servers_answer_instead(
    stub: StubServer, reply: Reply, kind: type[DocaiError], code: str, tries: int
) -> None:
    stub.script = lambda *_: reply
    index = open_index(stub.url)
    with pytest.raises(DocaiError) as caught:
        index.count(ALL)
    assert (type(caught.value), caught.value.code) == (kind, code)
    assert len(stub.asked) == tries
    assert caught.value.hint
    assert catch(index).code == code


def test_the_key_is_sent_and_never_shown(stub: StubServer) -> None:
    stub.script = lambda *_: fail(403, "Forbidden")
    error = catch(open_index(stub.url, key="s3cret"))
    assert set(stub.keys) == {"s3cret"}
    assert "s3cret" not in str(error) + repr(ServerSettings(stub.url, "s3cret"))


def test_a_fault_that_passes_is_outlived(stub: StubServer) -> None:
    replies = [
        fail(503, "starting"),
        fail(500, "x"),
        say(200, {"result": {"exists": False}, "status": "ok", "time": 0}),
    ]
    stub.script = lambda *_: replies[min(len(stub.asked), len(replies)) - 1]
    assert open_index(stub.url, tries=3).count(ALL) == 0
    assert len(stub.asked) == 3


def test_a_server_that_hangs(stub: StubServer) -> None:
    hold = threading.Event()

    def wait(*_: str) -> Reply:
        hold.wait(5)
        return fail(500, "too late")

    stub.script = wait
    settings = ServerSettings(stub.url, timeout_s=1)
    index = ServerIndex(connect(settings), SPACE, place=stub.url, patience=Patience(1))
    with pytest.raises(ServiceError, match="no reply in time"):
        index.count(ALL)
    hold.set()


def test_https_where_http_is_spoken(stub: StubServer) -> None:
    with pytest.raises(ConfigError) as caught:
        open_index(stub.url.replace("http:", "https:"), tries=1).count(ALL)
    assert caught.value.code == "not-qdrant"


@pytest.mark.parametrize("url", ["localhost:6333", "ftp://host", "", "//host"])
def test_what_is_no_address(url: str) -> None:
    with pytest.raises(ConfigError) as caught:
        connect(ServerSettings(url))
    assert caught.value.code == "bad-url"


def test_a_file_without_certificates(tmp_path: Path) -> None:
    (tmp_path / "ca.pem").write_text("nothing")
    for path in (tmp_path / "ca.pem", tmp_path / "missing.pem"):
        with pytest.raises(ConfigError) as caught:
            connect(ServerSettings("https://localhost", ca_file=str(path)))
        assert caught.value.code == "index-server-ca"


def make_client(*, metadata: dict[str, object] | None = None, named: bool = True):  # type: ignore[no-untyped-def]
    from qdrant_client import QdrantClient, models

    client = QdrantClient(":memory:")
    params = models.VectorParams(size=3, distance=models.Distance.COSINE)
    sparse = {"sparse": models.SparseVectorParams()} if named else None
    client.create_collection(
        "docai", {"dense": params} if named else params, sparse_vectors_config=sparse, metadata=metadata
    )
    client.upsert("docai", [models.PointStruct(id=1, vector={} if named else [1, 0, 0], payload={"mine": 1})])
    return client


@pytest.mark.parametrize(
    ("metadata", "named", "code"),
    [
        (None, True, "index-foreign"),
        (None, False, "index-foreign"),
        ({"other": 1}, True, "index-foreign"),
        ({"docai": {"format": 1, "space": SPACE.to_json()}}, False, "index-foreign"),
        ({"docai": {"format": 99, "space": {}}}, True, "index-newer"),
        ({"docai": {"format": 1}}, True, "index-damaged"),
        ({"docai": {"format": 1, "space": {**SPACE.to_json(), "embedder": "x"}}}, True, "index-other-model"),
        (
            {"docai": {"format": 1, "space": {**SPACE.to_json(), "fingerprint": "x"}}},
            True,
            "index-other-model",
        ),
        ({"docai": {"format": 1, "space": {**SPACE.to_json(), "terms": "x"}}}, True, "index-other-model"),
    ],
)
def test_collections_of_others_are_left_alone(
    metadata: dict[str, object] | None, named: bool, code: str
) -> None:
    client = make_client(metadata=metadata, named=named)
    index = ServerIndex(client, SPACE)
    for use in (
        lambda: index.replace("a", [make_passage()]),
        lambda: index.remove("a"),
        lambda: index.search(Query("?", make_passage().dense), 3, ALL),
        lambda: index.count(ALL),
        lambda: index.document_ids(),
    ):
        with pytest.raises(ConfigError) as caught:
            use()
        assert caught.value.code == code
    points, _ = client.scroll("docai")
    assert [p.payload for p in points] == [{"mine": 1}]


def test_a_payload_that_docai_did_not_write() -> None:
    client = make_client(metadata={"docai": {"format": 1, "space": SPACE.to_json()}})
    from qdrant_client import models

    name = str(uuid5(NAMESPACE_URL, "foreign"))
    client.upsert("docai", [models.PointStruct(id=name, vector={"dense": [1, 0, 0]}, payload={"text": "x"})])
    with pytest.raises(IndexDamaged, match="no passage of docai"):
        ServerIndex(client, SPACE).search(Query("?", make_passage().dense), 3, ALL)
