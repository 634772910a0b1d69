"""What others are told of a batch: log lines, metrics over HTTP, spans."""

from __future__ import annotations

import json
import socket
import urllib.request
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest
from batch_rig import BatchRig, ScriptedSource, write_document
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from prometheus_client.parser import text_string_to_metric_families

from docai.batch.events import Event
from docai.batch.pace import Pace
from docai.batch.tally import Tally
from docai.batch.telling.log import JsonLog
from docai.batch.telling.metrics import MetricsCollector, serve_metrics
from docai.batch.telling.spans import SpanTeller
from docai.errors import ConfigError, ServiceError
from docai.wiring.batch_telling import TellingOptions, open_telling, read_metrics_place

RUN = "20260101T000000Z-00000000"


@pytest.fixture
def rig(tmp_path: Path) -> BatchRig:
    objects = {f"in/{i}.pdf": write_document(2, mark=str(i)) for i in range(3)}
    objects["in/twin.pdf"] = objects["in/0.pdf"]
    objects["in/bad.pdf"] = write_document(fails="damaged")
    objects["in/holed.pdf"] = write_document(3, lost=[2])
    rig = BatchRig(ScriptedSource(objects), tmp_path)
    rig.source.broken["in/2.pdf"] = (ServiceError("throttled", "too fast"), None)
    return rig


def replay(rig: BatchRig, *listeners: Callable[[Event], None]) -> None:
    rig.run()
    for event in rig.events:
        for listener in listeners:
            listener(event)


def test_each_log_line_is_json_with_ids_and_without_text(rig: BatchRig) -> None:
    lines: list[str] = []
    log = JsonLog(RUN, lines.append)
    replay(rig, log.on_event)
    log.on_event(Event("notice", "", text="a model at http://me:secret@gpu:8000/v1 waits"))
    told = [json.loads(line) for line in lines]
    assert all(line.endswith("\n") and line.count("\n") == 1 for line in lines)
    assert {entry["run"] for entry in told} == {RUN}
    assert "secret" not in "".join(lines)
    ends = {entry["uri"]: entry for entry in told if entry["event"] == "done"}
    assert {uri: entry["state"] for uri, entry in ends.items()} == {
        "in/0.pdf": "record",
        "in/1.pdf": "record",
        "in/twin.pdf": "record",
        "in/bad.pdf": "failed",
        "in/holed.pdf": "incomplete",
    }
    assert ends["in/bad.pdf"]["code"] == "damaged"
    assert ends["in/0.pdf"]["document"] == ends["in/twin.pdf"]["document"]
    [postponed] = [entry for entry in told if entry["event"] == "postponed"]
    assert (postponed["uri"], postponed["code"]) == ("in/2.pdf", "throttled")
    [lost] = [
        entry
        for entry in told
        if entry["event"] == "stage" and entry.get("stage") == "read" and "code" in entry
    ]
    assert (lost["uri"], lost["page"], lost["code"]) == ("in/holed.pdf", 2, "damaged")
    assert set(lost) == {"time", "run", "event", "uri", "document", "stage", "page", "code", "seconds"}


def scrape(port: int) -> dict[tuple[str, str], float]:
    """Samples by name and the one label's value."""
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=10) as reply:
        text = reply.read().decode()
    samples = [s for family in text_string_to_metric_families(text) for s in family.samples]
    return {(s.name, ",".join(s.labels.values())): s.value for s in samples}


def test_metrics_say_what_the_tally_says(rig: BatchRig) -> None:
    collector = MetricsCollector(Tally(), RUN)
    with serve_metrics(collector, "127.0.0.1", 0) as port:
        assert scrape(port)["docai_documents", "record"] == 0
        replay(rig, collector.on_event)
        rig.tally.pace = Pace(load=lambda: (1, 2))
        rig.tally.prompt_tokens = 1200
        rig.tally.measure()
        rig.tally.told = rig.tally.describe()
        collector.tally = rig.tally
        found = scrape(port)
    states = {label: value for (name, label), value in found.items() if name == "docai_documents"}
    assert states == {"record": 3, "incomplete": 1, "failed": 1, "postponed": 1, "left": 0}
    assert found["docai_failures", "damaged"] == 1
    assert found["docai_pages_read_total", ""] == 6
    assert found["docai_tokens_total", "prompt"] == 1200
    assert found["docai_stage_seconds_count", "read"] == 7
    assert found["docai_stage_seconds_sum", "read"] >= 0
    assert found["docai_run_seconds", ""] >= 0
    assert found["docai_run_info", RUN] == 1


def test_a_port_that_is_taken_is_said_before_any_work() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        options = TellingOptions(metrics=("127.0.0.1", port))
        with pytest.raises(ConfigError) as caught, open_telling(options, Tally(), RUN):
            pass
    assert caught.value.code == "metrics-port"
    assert str(port) in caught.value.message


def test_metrics_are_for_this_machine_unless_a_host_is_named() -> None:
    assert read_metrics_place(None) is None
    assert read_metrics_place("9100") == ("127.0.0.1", 9100)
    assert read_metrics_place("0.0.0.0:9100") == ("0.0.0.0", 9100)
    assert read_metrics_place("[::1]:9100") == ("::1", 9100)
    for wrong in ("host", "host:", "-1", "70000", "http://host"):
        with pytest.raises(ConfigError):
            read_metrics_place(wrong)


def test_a_document_is_a_trace_and_each_step_a_span_in_it(rig: BatchRig) -> None:
    exporter = InMemorySpanExporter()
    provider = TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    teller = SpanTeller(provider.get_tracer("test"), RUN)
    replay(rig, teller.on_event)
    teller.close()
    spans = exporter.get_finished_spans()
    documents = {s.attributes["docai.uri"]: s for s in spans if s.attributes and s.name == "document"}
    assert set(documents) == set(rig.source.objects)
    assert all(s.attributes and s.attributes["docai.run"] == RUN for s in documents.values())
    assert all(s.parent is None for s in documents.values())
    holed = documents["in/holed.pdf"]
    steps = [s for s in spans if s.parent and s.parent.span_id == holed.context.span_id]
    assert Counter(s.name for s in steps) == {"fetch": 1, "open": 1, "read": 3, "extract": 1, "write": 1}
    assert all(s.context.trace_id == holed.context.trace_id for s in steps)
    assert all(holed.start_time <= s.start_time <= s.end_time for s in steps)
    assert {s.attributes["docai.page"] for s in steps if s.name == "read" and s.attributes} == {1, 2, 3}
    assert documents["in/bad.pdf"].status.description == "damaged"
    assert documents["in/2.pdf"].attributes["docai.state"] == "postponed"
    assert documents["in/0.pdf"].status.is_unset


def test_a_document_in_flight_at_a_sudden_end_is_told_as_interrupted() -> None:
    exporter = InMemorySpanExporter()
    provider = TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    teller = SpanTeller(provider.get_tracer("test"), RUN)
    teller.on_event(Event("stage", "in/a.pdf", stage="fetch", seconds=1.0, at=1000.0))
    teller.close()
    assert [s.name for s in exporter.get_finished_spans()] == ["fetch", "document"]
    fetch, document = exporter.get_finished_spans()
    assert (fetch.start_time, fetch.end_time) == (999_000_000_000, 1_000_000_000_000)
    assert document.status.description == "interrupted"


def test_spans_go_nowhere_unless_a_place_is_configured(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT"):
        monkeypatch.delenv(name, raising=False)
    with pytest.raises(ConfigError) as caught, open_telling(TellingOptions(trace=True), Tally(), RUN):
        pass
    assert caught.value.code == "no-trace-endpoint"


def test_nothing_is_told_by_default(capsys: pytest.CaptureFixture[str]) -> None:
    with open_telling(TellingOptions(), Tally(), RUN) as tell:
        tell(Event("stage", "in/a.pdf", stage="fetch"))
    assert capsys.readouterr() == ("", "")
