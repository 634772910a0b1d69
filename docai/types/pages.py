"""What is read from a file and what engines say about it: dataclasses, since there are thousands of them."""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal
from typing import Literal, NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray

Origin: TypeAlias = Literal["text-layer", "ocr"]
ImageKind: TypeAlias = Literal["native", "rendered"]
Role: TypeAlias = Literal["value", "operand", "definition"]
RegionKind: TypeAlias = Literal["ink", "redaction", "rule"]
Scalar: TypeAlias = str | bool | int | Decimal | None


class Box(NamedTuple):
    """A rectangle in points, origin top left, after /Rotate, of the page as it lies in the file."""

    x0: float
    y0: float
    x1: float
    y1: float


@dataclass(frozen=True, slots=True)
class SourceItem:
    """What a listing gives without reading bytes. `version` is an ETag or `mtime_ns-size`."""

    uri: str
    size: int
    version: str


@dataclass(frozen=True, slots=True)
class StoredObject:
    """One object of a store, as a listing tells it. `version`: its ETag, or what tells its states apart."""

    key: str
    size: int
    version: str


@dataclass(frozen=True, slots=True)
class Document:
    """One file's bytes. `id` is `sha256:<hex>` of them; `media_type` comes from content, not name."""

    id: str
    uri: str
    media_type: str
    page_count: int


@dataclass(frozen=True, slots=True)
class Word:
    """One word. `confidence` 0..1, None from a text layer. `line` numbers text lines in reading order."""

    text: str
    box: Box
    confidence: float | None
    origin: Origin
    line: int = 0


@dataclass(frozen=True, slots=True)
class Region:
    """Ink that no word covers (handwriting, stamps, signatures), a redaction, or a ruled blank line."""

    box: Box
    kind: RegionKind


@dataclass(frozen=True, slots=True)
class Issue:
    """Something that went wrong without ending the document."""

    stage: str
    code: str
    message: str
    page: int | None = None


@dataclass(frozen=True, slots=True)
class Page:
    """One page, before reading (no words) or after.

    `width_pt`, `height_pt`: size as it lies in the file, after /Rotate. `dpi_x`, `dpi_y`: of the image
    that is rendered from it. `turned` (0, 90, 180, 270) is the clockwise turn that rights the page and
    `skew_deg` the further clockwise turn that makes its lines level; boxes are never turned.

    `locators`: only where the file has no pages (office, HTML, e-mail): the paragraph or cell of each text
    line, by `Word.line`. docai laid such a page out itself, and its boxes stay inside docai.
    """

    document_id: str
    number: int
    width_pt: float
    height_pt: float
    dpi_x: float
    dpi_y: float
    image_kind: ImageKind
    turned: int = 0
    skew_deg: float = 0.0
    words: tuple[Word, ...] = ()
    regions: tuple[Region, ...] = ()
    reader: str = ""
    issues: tuple[Issue, ...] = ()
    locators: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class PageImage:
    """Pixels of one page as it lies in the file, after /Rotate.

    `pixels`: uint8, (height, width) gray or (height, width, 3) RGB. `native` promises that they are
    bit-equal to the embedded scan (turned by /Rotate at most).
    """

    page_number: int
    pixels: NDArray[np.uint8]
    kind: ImageKind
    dpi_x: float
    dpi_y: float


@dataclass(frozen=True, slots=True)
class Operand:
    """A passage that a rule used: the clause with the term, the definition of the start date."""

    quote: str
    page: int
    value: Scalar = None
    words: tuple[int, ...] = ()
    role: Role = "operand"


@dataclass(frozen=True, slots=True)
class Claim:
    """What an engine says about one field. A field may have several.

    `path`: JSON Pointer of the value (`/line_items/0/total`). `quote`: verbatim from the page.
    `words`: indices into `Page.words` where the engine knows them (a hint for grounding, never proof).
    `score`: the engine's own probability 0..1. `rule` with `operands`: how a value was derived.
    `absent`: the place was found and holds no value.
    """

    path: str
    quote: str
    value: Scalar
    page: int
    engine: str
    score: float | None = None
    logprob: float | None = None
    words: tuple[int, ...] = ()
    rule: str | None = None
    operands: tuple[Operand, ...] = ()
    absent: Literal["blank", "redacted"] | None = None
    unit: str | None = None


@dataclass(frozen=True, slots=True)
class CropReading:
    """What a crop of a page says, read alone and without knowing what it should say.

    `path`: of the field whose value is in doubt; `box`: of the crop, on the page as it lies; `by`: who read.
    """

    path: str
    page: int
    box: Box
    text: str
    by: Literal["model", "model again", "ocr"]


@dataclass(frozen=True, slots=True)
class PageAnswer:
    """What a model said about one page, and what asking cost. `purpose`: what was asked: the page's claims, a
    second look at crops of it (`readings`), table rows that were missed, or a choice among claims.

    `complete`: everything was asked and every reply was whole. `prompt`: hash of the words of the question;
    `dpi`: at which the model saw the page. Tokens are of all requests, retries included.
    """

    page: int
    claims: tuple[Claim, ...] = ()
    complete: bool = True
    issues: tuple[Issue, ...] = ()
    model: str = ""
    prompt: str = ""
    dpi: float | None = None
    prompt_tokens: int = 0
    reply_tokens: int = 0
    purpose: Literal["page", "look", "rows", "choice"] = "page"
    readings: tuple[CropReading, ...] = ()


@dataclass(frozen=True, slots=True)
class DocumentView:
    """What an engine sees of one segment: its pages in order, all of them read.

    `answers`: what a model said about pages, where one was asked.
    """

    document: Document
    pages: tuple[Page, ...]
    languages: tuple[str, ...] = field(default=("eng",))
    answers: tuple[PageAnswer, ...] = ()
