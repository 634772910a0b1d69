"""A job's counts for Prometheus, over HTTP while it runs."""

from __future__ import annotations

import threading
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from docai.batch.events import Event
from docai.batch.tally import Tally
from docai.errors import ConfigError, missing_extra

if TYPE_CHECKING:
    from prometheus_client.core import Metric

_PACE = {
    "pages_per_s": ("docai_pages_per_second", "Pages read a second, over the last minute."),
    "utilisation": ("docai_model_utilisation", "Share of the model's places that are taken, 0 to 1."),
    "seconds": ("docai_run_seconds", "Seconds since the run began."),
    "seconds_left": ("docai_seconds_left", "Forecast of the seconds left."),
    "cost": ("docai_cost", "What the run has cost, in the pipeline's currency."),
}


@dataclass(slots=True, eq=False)
class MetricsCollector:
    """Satisfies Prometheus' `Collector`. Reads what the tally told last, so that a scrape never meets the job
    in the middle of a count."""

    tally: Tally
    run: str
    _seconds: defaultdict[str, float] = field(default_factory=lambda: defaultdict(float), init=False)
    _steps: Counter[str] = field(default_factory=Counter, init=False)
    _lock: threading.Lock = field(default_factory=threading.Lock, init=False)

    def on_event(self, event: Event) -> None:
        if event.kind == "stage":
            with self._lock:
                self._seconds[event.stage] += event.seconds
                self._steps[event.stage] += 1

    def collect(self) -> Iterator[Metric]:
        from prometheus_client.core import InfoMetricFamily, SummaryMetricFamily

        yield InfoMetricFamily("docai_run", "The run, as its ledger names it.", value={"run": self.run})
        yield from _count(self.tally.told)
        stages = SummaryMetricFamily(
            "docai_stage_seconds", "Steps of documents and how long they took.", labels=["stage"]
        )
        with self._lock:
            for stage, count in sorted(self._steps.items()):
                stages.add_metric([stage], count, self._seconds[stage])
        yield stages


def _count(told: Mapping[str, Any]) -> Iterator[Metric]:
    from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily

    documents = GaugeMetricFamily("docai_documents", "Listed documents by state.", labels=["state"])
    failed, postponed = told.get("failed", {}), told.get("postponed", {})
    states = {name: told.get(name, 0) for name in ("record", "incomplete", "left")}
    states["record"] = told.get("records", 0)
    states |= {"failed": sum(failed.values()), "postponed": sum(postponed.values())}
    for state, count in states.items():
        documents.add_metric([state], count)
    yield documents
    failures = GaugeMetricFamily("docai_failures", "Failed documents by code.", labels=["code"])
    for code, count in sorted(failed.items()):
        failures.add_metric([code], count)
    yield failures
    yield CounterMetricFamily("docai_pages_read", "Pages read by this run.", value=told.get("pages_read", 0))
    yield CounterMetricFamily("docai_answers", "Answers of the model.", value=told.get("answers", 0))
    tokens = CounterMetricFamily("docai_tokens", "Tokens of the model.", labels=["kind"])
    for kind in ("prompt", "reply"):
        tokens.add_metric([kind], told.get(f"{kind}_tokens", 0))
    yield tokens
    pace = told.get("pace", {})
    for name, (metric, help_text) in _PACE.items():
        if pace.get(name) is not None:
            yield GaugeMetricFamily(metric, help_text, value=pace[name])


@contextmanager
def serve_metrics(collector: MetricsCollector, host: str, port: int) -> Iterator[int]:
    """Answer `http://host:port/metrics` until the end; gives the port (of 0, the one found).

    Raises `ConfigError` `extra-missing`, `metrics-port` for a port that cannot be had.
    """
    try:
        from prometheus_client import CollectorRegistry, start_http_server
    except ImportError as error:
        raise missing_extra("--metrics needs prometheus_client", "batch", "batch") from error
    registry = CollectorRegistry()
    registry.register(collector)
    try:
        server, thread = start_http_server(port, host, registry)
    except OSError as error:
        raise ConfigError(
            "metrics-port",
            f"no metrics at {host}:{port}: {error.strerror or error}",
            stage="batch",
            hint="--metrics takes another PORT, or HOST:PORT",
        ) from error
    try:
        yield server.server_port
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
