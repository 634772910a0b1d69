"""A worker's parts: which classes read pages, extract and choose."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

from docai.errors import DocumentError

if TYPE_CHECKING:
    from docai.grounding.confidence import Calibration
    from docai.pages.renderer import OfficeMode
    from docai.pipeline import ChooseSchema, DocumentWorker, MakePassages, SplitPages
    from docai.protocols import ExtractionModel
    from docai.schema import Schema
    from docai.types import Page, PageImage
    from docai.wiring.embedding import EmbeddingSpec

READER_VERSION = "1"
"""Goes up when a page would be read differently; pages of another version are read again."""

MOST_PIXELS = 180_000_000
"""Of a scan that is decoded, where a pipeline names no other limit."""


@dataclass(frozen=True, slots=True)
class WorkerSpec:
    """All that a worker process needs to make its parts. Picklable; calling it builds the worker."""

    schema: Schema | None
    languages: tuple[str, ...]
    password: str | None = field(default=None, repr=False)
    split: bool = False
    keep_unsupported: bool = False
    keep_seen: bool = False
    max_pixels: int = MOST_PIXELS
    dpi: int | None = None
    engine: str = "extractive"
    all_pages: bool = True
    embedding: EmbeddingSpec | None = None
    office: OfficeMode = "text"

    def __call__(self) -> DocumentWorker:
        from docai.extraction.prose.amended import find_amended
        from docai.pages.limits import PageLimits
        from docai.pages.renderer import DocumentRenderer
        from docai.pipeline import DocumentWorker, Policy
        from docai.reading.router import PageReader

        limits = PageLimits(max_scan_pixels=self.max_pixels)
        if self.dpi is not None:
            limits = replace(limits, min_dpi=float(self.dpi), max_dpi=float(self.dpi))
        engine = make_engine(self.engine)
        return DocumentWorker(
            renderer=DocumentRenderer(self.password, limits, self.office),
            reader=PageReader(self.languages),
            model=engine,
            choose=make_chooser(self.schema),
            amended=find_amended,
            split=make_splitter() if self.split else None,
            policy=Policy(
                self.keep_unsupported,
                self.keep_seen,
                asked=self.engine == "vlm",
                all_pages=self.all_pages,
                calibration=make_calibration(self.engine),
            ),
            languages=self.languages,
            passages=make_maker(self.embedding),
            follow=getattr(engine, "follow_up", None),
        )


def make_maker(embedding: EmbeddingSpec | None) -> MakePassages | None:
    if embedding is None:
        return None
    from docai.index.making import PassageMaker

    return PassageMaker(embedding)


def make_engine(name: str) -> ExtractionModel:
    """What makes claims in a worker; a model was asked by then, and its answers come with the pages."""
    from docai.extraction.extractive import ExtractiveEngine

    if name != "vlm":
        return ExtractiveEngine()
    from docai.extraction.vlm.opinion import AnswerEngine

    return AnswerEngine(ExtractiveEngine())


def make_calibration(name: str) -> Calibration | None:
    """Where an engine's claims bring their own belief, what that is worth; None for the embedded engine."""
    if name != "vlm":
        return None
    from docai.extraction.vlm.verifier import shipped_verifier

    return shipped_verifier().calibration.as_scored()


def make_splitter() -> SplitPages:
    from docai.pages.split import find_segments

    return find_segments


def make_chooser(schema: Schema | None) -> ChooseSchema:
    """The given schema for everything, or the shipped one that fits the content best."""
    if schema is not None:
        return lambda pages: (schema, False)
    from docai.extraction.choice import choose_schema
    from docai.schema import list_shipped, load_schema

    shipped = [load_schema(name) for name in list_shipped()]

    def choose(pages: Sequence[Page]) -> tuple[Schema, bool]:
        found = choose_schema(pages, shipped)
        if found is None:
            raise DocumentError(
                "no-schema",
                "no shipped schema fits what the document says",
                stage="extraction",
                hint="name one with --schema; docai schema list shows them",
            )
        return found[0], True

    return choose


def make_page_image(
    uri: str, number: int, *, password: str | None = None, office: OfficeMode = "text"
) -> PageImage:
    """The pixels of one page of a file, as docai reads them."""
    from docai.pages.renderer import DocumentRenderer

    renderer = DocumentRenderer(password=password, office=office)
    document = renderer.open(Path(uri), uri)
    return renderer.render(renderer.page(document, number))
