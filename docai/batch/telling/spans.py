"""OpenTelemetry spans: one a document, one for each of its steps within it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from docai.batch.events import Event
from docai.batch.telling.log import describe_end
from docai.errors import missing_extra

if TYPE_CHECKING:
    from opentelemetry.trace import Span, Tracer

_NS = 1_000_000_000


class SpanTeller:
    """Takes a job's events. Holds the spans of documents in flight; no text of any document is in them."""

    def __init__(self, tracer: Tracer, run: str) -> None:
        self._tracer = tracer
        self._run = run
        self._open: dict[str, Span] = {}

    def on_event(self, event: Event) -> None:
        if event.kind == "stage":
            self._add_stage(event)
        elif event.kind == "done":
            ended = describe_end(event.outcomes)
            self._end(event.uri, str(ended.get("code", "")), {**ended, "shared": event.cached})
        elif event.kind == "postponed":
            self._end(event.uri, event.code or "postponed", {"state": "postponed"})

    def close(self) -> None:
        """Documents that the run has left in the middle."""
        for uri in list(self._open):
            self._end(uri, "interrupted", {"state": "interrupted"})

    def _add_stage(self, event: Event) -> None:
        from opentelemetry.trace import set_span_in_context

        ended_ns = int(event.at * _NS)
        began_ns = ended_ns - int(event.seconds * _NS)
        document = self._find(event.uri, began_ns)
        if event.document:
            document.set_attribute("docai.document", event.document)
        span = self._tracer.start_span(
            event.stage, context=set_span_in_context(document), start_time=began_ns
        )
        if event.page:
            span.set_attribute("docai.page", event.page)
        _mark(span, event.code)
        span.end(ended_ns)

    def _find(self, uri: str, began_ns: int | None = None) -> Span:
        from opentelemetry.context import Context

        if uri not in self._open:
            attributes = {"docai.run": self._run, "docai.uri": uri}
            # A trace of its own: what surrounds the command has nothing to do with one document.
            self._open[uri] = self._tracer.start_span(
                "document", context=Context(), start_time=began_ns, attributes=attributes
            )
        return self._open[uri]

    def _end(self, uri: str, code: str, attributes: dict[str, object]) -> None:
        span = self._find(uri)
        for name, value in attributes.items():
            if isinstance(value, str | int | bool):
                span.set_attribute(f"docai.{name}", value)
        _mark(span, code)
        span.end()
        del self._open[uri]


def _mark(span: Span, code: str) -> None:
    if code:
        from opentelemetry.trace import Status, StatusCode

        span.set_attribute("docai.code", code)
        span.set_status(Status(StatusCode.ERROR, code))


@contextmanager
def export_spans(run: str) -> Iterator[SpanTeller]:
    """Spans to where the standard `OTEL_…` environment says, over HTTP.

    Raises `ConfigError` `extra-missing`.
    """
    try:
        from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
        from opentelemetry.sdk.resources import OTELResourceDetector, Resource
        from opentelemetry.sdk.trace import TracerProvider
        from opentelemetry.sdk.trace.export import BatchSpanProcessor
    except ImportError as error:
        raise missing_extra("--trace needs OpenTelemetry", "otel", "batch") from error
    resource = Resource({"service.name": "docai"}).merge(OTELResourceDetector().detect())
    provider = TracerProvider(resource=resource)
    provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter()))
    teller = SpanTeller(provider.get_tracer("docai"), run)
    try:
        yield teller
    finally:
        teller.close()
        provider.shutdown()
