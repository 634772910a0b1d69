"""`docai batch --log json --trace`: what arrives on standard error and at a collector."""

from __future__ import annotations

import json
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

from docai_process import run_docai


class Collector(BaseHTTPRequestHandler):
    """Takes whatever is posted."""

    taken: list[tuple[str, bytes]]

    def do_POST(self) -> None:
        self.taken.append((self.path, self.rfile.read(int(self.headers["Content-Length"]))))
        self.send_response(200)
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:
        pass


def test_lines_of_json_and_spans_at_the_collector(tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "noise.pdf").write_bytes(bytes(range(256)))
    handler = type("Handler", (Collector,), {"taken": []})
    server = HTTPServer(("127.0.0.1", 0), handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        place = f"http://127.0.0.1:{server.server_port}"
        words = ("batch", "in", "out", "--schema", "invoice", "--workers", 0, "--log", "json", "--trace")
        run = run_docai(*words, cwd=tmp_path, OTEL_EXPORTER_OTLP_ENDPOINT=place)
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
    assert run.returncode == 1, run.stderr
    told = [json.loads(line) for line in run.stderr.splitlines()]
    assert [e["stage"] for e in told if e["event"] == "stage"] == ["fetch", "open", "write"]
    assert told[-1]["event"] == "ended"
    assert told[-1]["failed"] == {"not-a-document": 1}
    paths = {path for path, _ in handler.taken}
    assert paths == {"/v1/traces"}
    sent = b"".join(body for _, body in handler.taken)
    assert b"noise.pdf" in sent
    assert told[0]["run"].encode() in sent


def test_a_trace_without_a_collector_is_refused_before_any_work(tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "noise.pdf").write_bytes(bytes(range(256)))
    run = run_docai("batch", "in", "out", "--schema", "invoice", "--trace", cwd=tmp_path)
    assert run.returncode == 2
    assert "OTEL_EXPORTER_OTLP_ENDPOINT" in run.stderr
    assert not list(tmp_path.glob("out/outcomes/*"))
