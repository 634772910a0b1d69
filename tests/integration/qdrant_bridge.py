"""Qdrant's REST interface over `QdrantClient(":memory:")`: as much of it as docai speaks, keys and TLS too.

The engine is the client library's own, not the server's: what only a real server does stays untested.
"""

from __future__ import annotations

import json
import ssl
import threading
import traceback
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from pydantic import BaseModel, TypeAdapter
from qdrant_client import QdrantClient, models
from running_server import RunningServer

Fault = tuple[int, str]


class QdrantBridge(RunningServer):
    """While it is entered it listens at `url`. `fault`: every request ends with this status and message."""

    def __init__(self, api_key: str | None = None, certificate: tuple[Path, Path] | None = None) -> None:
        self.client = QdrantClient(":memory:")
        self.fault: Fault | None = None
        self.asked: list[str] = []
        self._key = api_key
        self._lock = threading.Lock()
        bridge = self

        class Handler(BaseHTTPRequestHandler):
            def answer(self) -> None:
                body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
                status, reply = bridge.answer(
                    self.command, self.path.partition("?")[0], body, self.headers.get("api-key")
                )
                data = json.dumps(reply).encode()
                self.send_response(status)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(data)))
                self.end_headers()
                self.wfile.write(data)

            do_GET = do_PUT = do_POST = do_DELETE = answer

            def log_message(self, *_: object) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        scheme = "http"
        if certificate:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(*certificate)
            self._server.socket = context.wrap_socket(self._server.socket, server_side=True)
            scheme = "https"
        self.url = f"{scheme}://127.0.0.1:{self._server.server_port}"

    def start(self) -> None:
        threading.Thread(target=self._server.serve_forever, args=(0.01,), daemon=True).start()

    def stop(self) -> None:
        self._server.shutdown()
        self._server.server_close()

    def answer(self, method: str, path: str, body: bytes, key: str | None) -> tuple[int, Any]:
        with self._lock:
            self.asked.append(f"{method} {path}")
            if self.fault:
                return self.fault[0], {"status": {"error": self.fault[1]}, "time": 0.0}
            if self._key and key != self._key:
                return 401, {"status": {"error": "Invalid API key"}, "time": 0.0}
            try:
                result = self._serve(method, path.removeprefix("/collections/").split("/"), body)
            except Exception as error:
                traceback.print_exc()
                return 400, {"status": {"error": f"{type(error).__name__}: {error}"}, "time": 0.0}
            return 200, {"result": _dump(result), "status": "ok", "time": 0.0}

    def _serve(self, method: str, parts: list[str], body: bytes) -> Any:
        client, name = self.client, parts[0]
        match method, parts[1:]:
            case "GET", ["exists"]:
                return {"exists": client.collection_exists(name)}
            case "GET", []:
                return client.get_collection(name)
            case "PUT", []:
                made = models.CreateCollection.model_validate_json(body)
                return client.create_collection(
                    name,
                    vectors_config=made.vectors,
                    sparse_vectors_config=made.sparse_vectors,
                    metadata=made.metadata,
                )
            case "DELETE", []:
                return client.delete_collection(name)
            case "PUT", ["index"]:
                return _DONE
            case "PUT", ["points"]:
                points = models.PointsList.model_validate_json(body).points
                return client.upsert(name, points)
            case "POST", ["points"]:
                wanted = models.PointRequest.model_validate_json(body)
                return client.retrieve(name, wanted.ids, with_payload=True)
            case "POST", ["points", "delete"]:
                return client.delete(name, models.FilterSelector.model_validate_json(body))
            case "POST", ["points", "query", "batch"]:
                requests = models.QueryRequestBatch.model_validate_json(body).searches
                return client.query_batch_points(name, requests)
            case "POST", ["points", "count"]:
                counted = models.CountRequest.model_validate_json(body)
                return client.count(name, counted.filter, exact=True)
            case "POST", ["facet"]:
                facet = models.FacetRequest.model_validate_json(body)
                return client.facet(name, facet.key, limit=facet.limit or 10, exact=True)
        raise NotImplementedError(f"{method} {parts}")


_DONE = models.UpdateResult(operation_id=0, status=models.UpdateStatus.COMPLETED)


def _dump(result: Any) -> Any:
    kind = type(result) if isinstance(result, BaseModel) else Any
    return TypeAdapter(kind).dump_python(result, mode="json")
