"""Who is told of a batch beside its display: as the options of `docai batch` say, and nobody else."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from docai.errors import ConfigError

if TYPE_CHECKING:
    from docai.batch.events import Event
    from docai.batch.tally import Tally

LOCAL_HOST = "127.0.0.1"
_ENDPOINTS = ("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "OTEL_EXPORTER_OTLP_ENDPOINT")


@dataclass(frozen=True, slots=True)
class TellingOptions:
    """`metrics`: host and port; `trace`: spans to where `OTEL_…` says; `json_log`: on standard error."""

    metrics: tuple[str, int] | None = None
    trace: bool = False
    json_log: bool = False


def read_metrics_place(given: str | None) -> tuple[str, int] | None:
    """`PORT` of this machine alone, or `HOST:PORT`. Raises `ConfigError`."""
    if not given:
        return None
    host, _, port = given.rpartition(":")
    if not port.isdecimal() or int(port) > 65535:
        raise ConfigError("bad-option", f"--metrics takes PORT or HOST:PORT, not {given!r}")
    return host.strip("[]") or LOCAL_HOST, int(port)


@contextmanager
def open_telling(options: TellingOptions, tally: Tally, run: str) -> Iterator[Callable[[Event], None]]:
    """What takes a job's events. Raises `ConfigError` for what cannot be had, before any work is done."""
    listeners: list[Callable[[Event], None]] = []
    with ExitStack() as stack:
        if options.json_log:
            from docai.batch.telling.log import JsonLog

            log = JsonLog(run, sys.stderr.write)
            listeners.append(log.on_event)
            stack.callback(lambda: log.tell("ended", tally.describe()))
        if options.metrics is not None:
            from docai.batch.telling.metrics import MetricsCollector, serve_metrics

            collector = MetricsCollector(tally, run)
            stack.enter_context(serve_metrics(collector, *options.metrics))
            listeners.append(collector.on_event)
        if options.trace:
            if not any(os.environ.get(name) for name in _ENDPOINTS):
                raise ConfigError(
                    "no-trace-endpoint",
                    "--trace is asked for, and no place that takes spans is configured",
                    stage="batch",
                    hint="set OTEL_EXPORTER_OTLP_ENDPOINT, e.g. http://collector:4318",
                )
            from docai.batch.telling.spans import export_spans

            listeners.append(stack.enter_context(export_spans(run)).on_event)

        def tell(event: Event) -> None:
            for listener in listeners:
                listener(event)

        yield tell
