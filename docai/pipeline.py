"""One document -> its records, through protocols only.

A document is opened, each page is read on its own, and then each segment becomes one record:

    open -> read every page -> split -> choose a schema -> extract -> prove and merge -> record

Where a model is asked about pages, each page's tiles are made after it was read, and the answers come with
the pages when the record is made.

Every step is a task of its own, so that pages of one document are read side by side, are kept as soon as
they are done, and a crash costs no more than the task it happened in.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Protocol, TypeAlias

from docai import __version__
from docai.errors import DocaiError, DocumentError
from docai.extraction.issues import collect_issues
from docai.extraction.merge import merge_claims
from docai.extraction.sums import check_rows
from docai.extraction.vlm.relevance import needs_asking
from docai.extraction.vlm.seeing import find_seen
from docai.grounding.locators import place_fields
from docai.protocols import ExtractionModel, PageRenderer, Reader
from docai.schema import Schema, assemble
from docai.types import (
    Amends,
    Document,
    DocumentRef,
    DocumentView,
    FieldValue,
    Issue,
    Page,
    PageAnswer,
    PageImage,
    Passage,
    Record,
    Run,
    SchemaRef,
    Segment,
)

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from docai.extraction.vlm.crops import Crop
    from docai.extraction.vlm.followup import FollowUp
    from docai.extraction.vlm.looks import Look
    from docai.extraction.vlm.sheets import PageSheet
    from docai.grounding.confidence import Calibration
    from docai.imaging.profiles import VisionProfile


@dataclass(frozen=True, slots=True)
class OpenTask:
    """Open a file: what it is and which pages it has."""

    path: Path
    uri: str


@dataclass(frozen=True, slots=True)
class ReadTask:
    """Read one page of a file."""

    path: Path
    uri: str
    page: Page


@dataclass(frozen=True, slots=True)
class SheetTask:
    """Make the images of one page that a model is to see. `page` as it was read, words or not.

    `smallest_text_px`: shrink it as far as text of this height stays legible; None keeps its own pixels.
    """

    path: Path
    uri: str
    page: Page
    profile: VisionProfile
    smallest_text_px: float | None = None


@dataclass(frozen=True, slots=True)
class CropTask:
    """Cut places out of one page for a second look. `page` has its turn, words or not."""

    path: Path
    uri: str
    page: Page
    looks: tuple[Look, ...]


@dataclass(frozen=True, slots=True)
class ExtractTask:
    """Make the records of a document whose pages were read (a page that failed has an issue).

    `answers`: what a model said about its pages. `follow`: whether it may be asked further questions.
    """

    document: Document
    pages: tuple[Page, ...]
    answers: tuple[PageAnswer, ...] = ()
    follow: bool = False


@dataclass(frozen=True, slots=True)
class PassagesTask:
    """Make the passages of a document whose pages were read, to be found by questions."""

    document_id: str
    pages: tuple[Page, ...]


@dataclass(frozen=True, slots=True)
class VectorsTask:
    """Embed texts of passages."""

    texts: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Opened:
    document: Document
    pages: tuple[Page, ...]


@dataclass(frozen=True, slots=True)
class Extracted:
    """Records of one document. `chosen`: per record, whether docai chose the schema by content. `wanted`:
    what a model should be asked before these records can stand.
    """

    records: tuple[Record, ...]
    chosen: tuple[bool, ...]
    wanted: tuple[FollowUp, ...] = ()


Task: TypeAlias = "OpenTask | ReadTask | SheetTask | CropTask | ExtractTask | PassagesTask | VectorsTask"
Result: TypeAlias = (
    "Opened | Page | PageSheet | tuple[Crop, ...] | Extracted | tuple[Passage, ...] | NDArray[np.float16]"
)


class ChooseSchema(Protocol):
    """The schema for a segment, and whether its content decided. Raises `DocumentError` if none fits."""

    def __call__(self, pages: Sequence[Page]) -> tuple[Schema, bool]: ...


class MakePassages(Protocol):
    """Passages of a document's pages, and the vectors of texts, in half precision."""

    def make(self, document_id: str, pages: Sequence[Page]) -> Sequence[Passage]: ...

    def embed(self, texts: Sequence[str]) -> NDArray[np.float16]: ...


SplitPages: TypeAlias = Callable[[Sequence[Page]], Sequence[tuple[int, int]]]
FindAmended: TypeAlias = Callable[[DocumentView], Amends | None]
FindFollowUps: TypeAlias = "Callable[[DocumentView, Schema, Sequence[FieldValue]], Sequence[FollowUp]]"


@dataclass(frozen=True, slots=True)
class Policy:
    """What enters `values` beyond proven values. `asked`: a model must have answered about every page;
    `all_pages`: pages that it was not asked about count as unread. `calibration`: from which belief on
    a value enters, and how claims give it; None takes that of the embedded engine.
    """

    keep_unsupported: bool = False
    keep_seen: bool = False
    asked: bool = False
    all_pages: bool = True
    calibration: Calibration | None = None


class DocumentWorker:
    """Does tasks one after the other and keeps the last file open, since pages come in runs."""

    def __init__(
        self,
        renderer: PageRenderer,
        reader: Reader,
        model: ExtractionModel,
        choose: ChooseSchema,
        amended: FindAmended,
        split: SplitPages | None = None,
        policy: Policy | None = None,
        languages: tuple[str, ...] = ("eng",),
        passages: MakePassages | None = None,
        follow: FindFollowUps | None = None,
    ) -> None:
        self._renderer = renderer
        self._reader = reader
        self._model = model
        self._choose = choose
        self._amended = amended
        self._split = split
        self._policy = policy or Policy()
        self._languages = languages
        self._passages = passages
        self._follow = follow
        self._open_id: str | None = None

    def __call__(self, task: Task) -> Result:
        match task:
            case OpenTask():
                document = self._open(task.path, task.uri)
                return Opened(document, tuple(self._renderer.pages(document)))
            case ReadTask():
                self._require(task)
                return read_page(task.page, self._renderer, self._reader)
            case SheetTask():
                self._require(task)
                return make_page_sheet(task, self._renderer)
            case CropTask():
                self._require(task)
                return make_page_crops(task, self._renderer, self._reader)
            case ExtractTask():
                return self._extract(task)
            case PassagesTask():
                return tuple(self._maker.make(task.document_id, task.pages))
            case VectorsTask():
                return self._maker.embed(task.texts)

    @property
    def _maker(self) -> MakePassages:
        if self._passages is None:
            raise ValueError("this worker was not made to index")
        return self._passages

    def _open(self, path: Path, uri: str) -> Document:
        self._open_id = None
        document = self._renderer.open(path, uri)
        self._open_id = document.id
        return document

    def _require(self, task: ReadTask | SheetTask | CropTask) -> None:
        """Open the file of a task's page, unless it is the one that is open."""
        if self._open_id != task.page.document_id:
            self._open(task.path, task.uri)

    def _extract(self, task: ExtractTask) -> Extracted:
        raise_if_nothing_read(task.pages, task.document.uri)
        records, chosen = [], []
        wanted: list[FollowUp] = []
        # Pages that docai laid out itself begin where there was room, not where a document begins.
        split = None if any(page.locators for page in task.pages) else self._split
        segments = split(task.pages) if split else [(1, len(task.pages))]
        for first, last in segments:
            pages = task.pages[first - 1 : last]
            schema, by_content = self._choose(pages)
            numbers = {page.number for page in pages}
            answers = tuple(answer for answer in task.answers if answer.page in numbers)
            view = DocumentView(task.document, pages, self._languages, answers)
            segment = Segment(first=first, last=last) if len(segments) > 1 else None
            record = extract_record(view, schema, self._model, self._policy, segment)
            records.append(record.model_copy(update={"amends": self._amended(view)}))
            chosen.append(by_content)
            if task.follow and self._follow is not None:
                wanted += self._follow(view, schema, record.fields)
        return Extracted(tuple(records), tuple(chosen), tuple(wanted))


def read_page(page: Page, renderer: PageRenderer, reader: Reader) -> Page:
    """Render a page and read its words; a page turned or skewed keeps boxes as it lies.

    What docai laid out itself (a file without pages) needs no reading: its words are the file's own.
    """
    if page.locators:
        return replace(page, words=tuple(renderer.text_layer(page)), reader="file-text")
    image = renderer.render(page)
    return reader.read(replace(page, image_kind=image.kind), image, renderer.text_layer(page))


def make_page_sheet(task: SheetTask, renderer: PageRenderer) -> PageSheet:
    """The page's own pixels in tiles that a model's processor leaves as they are."""
    from docai.extraction.vlm.sheets import make_sheet

    return make_sheet(task.page, renderer.render(task.page), task.profile, task.smallest_text_px)


def make_page_crops(task: CropTask, renderer: PageRenderer, reader: Reader) -> tuple[Crop, ...]:
    """Places of a page cut out of its own pixels, each with what docai's OCR reads of it alone."""
    from docai.extraction.vlm.crops import make_crops

    def read(page: Page, image: PageImage) -> Page:
        return reader.read(page, image, ())

    return make_crops(task.page, renderer.render(task.page), task.looks, read)


def extract_record(
    view: DocumentView,
    schema: Schema,
    model: ExtractionModel,
    policy: Policy,
    segment: Segment | None = None,
) -> Record:
    """Claims of an engine, each proven against the pages' words, as one record."""
    started = time.perf_counter()
    complete = all(was_read(page) and not lost_others(page) for page in view.pages)
    unsent = unanswered = False
    if policy.asked:
        about_pages = [answer for answer in view.answers if answer.purpose == "page"]
        answered = {answer.page for answer in about_pages if answer.complete}
        failed = {answer.page for answer in about_pages} - answered
        unsent = any(needs_asking(p) and p.number not in answered | failed for p in view.pages)
        unanswered = bool(failed) or (unsent and policy.all_pages)
    complete = complete and not unanswered
    claims = model.extract(view, schema)
    fields = merge_claims(
        claims, view.pages, schema, complete=complete and not unsent, calibration=policy.calibration
    )
    readings = [reading for answer in view.answers for reading in answer.readings]
    if readings:
        fields = find_seen(fields, readings, schema)
    fields = place_fields(fields, view.pages)
    values, refused = assemble(
        schema, fields, keep_unsupported=policy.keep_unsupported, keep_seen=policy.keep_seen
    )
    return Record(
        document=DocumentRef(id=view.document.id, uri=view.document.uri, page_count=view.document.page_count),
        segment=segment,
        schema_ref=SchemaRef(id=schema.id, hash=schema.hash),
        complete=complete,
        values=values,
        fields=fields,
        issues=collect_issues(view, refused, check_rows(schema, fields, view.pages)),
        run=_describe_run(view, model, round(time.perf_counter() - started, 3)),
    )


def _describe_run(view: DocumentView, model: ExtractionModel, seconds: float) -> Run:
    """`dpi`: the lowest at which a page was seen, by the model where one was asked, else by the reader."""
    answers = view.answers
    if not answers:
        return Run(docai=__version__, engine=model.name, dpi=_lowest_dpi(view.pages), seconds=seconds)
    return Run(
        docai=__version__,
        engine=model.name,
        model=next((a.model for a in answers if a.model), None),
        prompt=next((a.prompt for a in answers if a.prompt and a.purpose == "page"), None),
        dpi=min((a.dpi for a in answers if a.dpi is not None), default=None),
        tokens=sum(a.prompt_tokens + a.reply_tokens for a in answers),
        seconds=seconds,
    )


def failed_page(page: Page, error: DocaiError) -> Page:
    """The page as a record may still tell of it: no words, and why."""
    issue = Issue(error.stage or "pages", error.code, error.message, page.number)
    return replace(page, words=(), issues=(*page.issues, issue), reader="")


def was_read(page: Page) -> bool:
    """Whether a reader finished with the page (a blank page was read, a failed one was not)."""
    return bool(page.reader)


def lost_others(page: Page) -> bool:
    """Whether the file is known to have held more than its pages show (it was cut off)."""
    return any(issue.code == "truncated" for issue in page.issues)


def raise_if_nothing_read(pages: Sequence[Page], uri: str) -> None:
    """A document none of whose pages could be read is a failure, not an empty record."""
    if pages and any(was_read(page) for page in pages):
        return
    issue = next((i for page in pages for i in page.issues), None)
    raise DocumentError(
        issue.code if issue else "no-pages",
        issue.message if issue else "the file has no pages",
        document=uri,
        page=issue.page if issue else None,
        stage=issue.stage if issue else "pages",
        hint="nothing of this file could be read",
    )


def _lowest_dpi(pages: Sequence[Page]) -> float | None:
    values = [min(page.dpi_x, page.dpi_y) for page in pages if was_read(page) and not page.locators]
    return round(min(values), 1) if values else None
