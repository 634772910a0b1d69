"""Pages with something wrong on them, as pictures inside the HTML report.

Each page is embedded once as an SVG symbol in points; a failure shows a window of it with its boxes drawn on
top, so that boxes stay sharp and twenty failures on one page cost one image.
"""

from __future__ import annotations

import base64
import io
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from PIL import Image

from docai.errors import DocaiError
from docai.evaluation.annotations import AnnotatedPages, load_annotations
from docai.evaluation.boxes import find_quote
from docai.evaluation.judge import ShowPage
from docai.evaluation.scoring import Judgement
from docai.imaging.geometry import image_size_pt, union
from docai.types import Box, Evidence, PageImage

_WIDTH_PX = 1000
_QUALITY = 50
_MARGIN_PT = 60.0
_LEAST_PT = 150.0
_GRAY_SPREAD = 12  # channels this close everywhere: a gray page saved as colour


@dataclass(frozen=True, slots=True)
class Picture:
    """Where to look: symbol `symbol` of `width_pt` × `height_pt`, and the window `window` of it.

    `boxes` are docai's evidence, `marks` the annotators'. `whole` if there is no place to zoom in on.
    """

    symbol: str
    page: int
    width_pt: float
    height_pt: float
    window: Box
    boxes: tuple[Box, ...]
    marks: tuple[Box, ...]
    whole: bool


@dataclass(slots=True)
class Album:
    """Collects pages as failures ask for them. `folder` is that of the labels, for annotated words."""

    folder: Path
    show_page: ShowPage
    symbols: dict[str, str] = field(default_factory=dict)
    _sizes: dict[tuple[str, int], tuple[str, float, float]] = field(default_factory=dict)
    _annotations: dict[str, AnnotatedPages] = field(default_factory=dict)

    def picture(self, judgement: Judgement, uri: str) -> Picture | str:
        """The picture of one failure, or why there is none."""
        evidence = _first_wrong_evidence(judgement)
        marked = [page for passage in judgement.passages for page in passage.pages]
        page = evidence[0].page if evidence else min(marked, default=1)
        try:
            symbol, width_pt, height_pt = self._embed(uri, page)
            marks = self._marks(judgement, uri, page)
        except (DocaiError, OSError) as error:
            return f"page {page} cannot be shown: {error}"
        boxes = tuple(box for e in evidence if e.page == page for box in e.boxes)
        window = _window([*boxes, *marks][:12], width_pt, height_pt)
        whole = window.y1 - window.y0 >= height_pt * 0.9
        return Picture(symbol, page, width_pt, height_pt, window, boxes, marks, whole)

    def _embed(self, uri: str, page: int) -> tuple[str, float, float]:
        known = self._sizes.get((uri, page))
        if known is not None:
            return known
        image = self.show_page(uri, page)
        width_pt, height_pt = image_size_pt(image)
        symbol = f"page{len(self._sizes)}"
        self.symbols[symbol] = (
            f'<symbol id="{symbol}" viewBox="0 0 {width_pt:.2f} {height_pt:.2f}">'
            f'<image href="{encode_page(image)}" width="{width_pt:.2f}" height="{height_pt:.2f}" '
            'preserveAspectRatio="none"/></symbol>'
        )
        self._sizes[uri, page] = (symbol, width_pt, height_pt)
        return self._sizes[uri, page]

    def _marks(self, judgement: Judgement, uri: str, page: int) -> tuple[Box, ...]:
        """Boxes of what annotators marked (passages, else the truth), where the words are annotated."""
        pages = self._annotations.get(judgement.file)
        if pages is None:

            def page_dpi(number: int) -> tuple[float, float]:
                image = self.show_page(uri, number)
                return image.dpi_x, image.dpi_y

            pages = load_annotations(self.folder, judgement.file, page_dpi)
            self._annotations[judgement.file] = pages
        words = pages.get(page, ())
        texts = [p.text for p in judgement.passages if page in p.pages or not p.pages] or _cells(judgement)
        found = []
        for text in texts[:6]:
            spelled = next(find_quote(text, words), None) if words else None
            found += [words[n].box for n in sorted(spelled)] if spelled else []
        return tuple(found)


def _first_wrong_evidence(judgement: Judgement) -> tuple[Evidence, ...]:
    wrong = [f.field for f in judgement.fields if not f.right and f.field.value is not None]
    return next((leaf.evidence for leaf in wrong if leaf.evidence), ())


def _cells(judgement: Judgement) -> list[str]:
    """The texts of rows; scalars and lists have passages."""
    is_rows = judgement.target.shape == "rows"
    return [str(value) for row in judgement.truth for value in row.values()] if is_rows else []


def _window(boxes: Sequence[Box], width_pt: float, height_pt: float) -> Box:
    """The page's full width around the boxes, with a margin; the whole page if there are none."""
    if not boxes:
        return Box(0.0, 0.0, width_pt, height_pt)
    hull = union(boxes)
    middle = (hull.y0 + hull.y1) / 2
    half = max(hull.y1 - hull.y0 + 2 * _MARGIN_PT, _LEAST_PT) / 2
    y0 = max(0.0, min(middle - half, height_pt - 2 * half))
    return Box(0.0, y0, width_pt, min(height_pt, y0 + 2 * half))


def encode_page(image: PageImage) -> str:
    """A page's pixels as a JPEG data URI, at most 1000 px wide."""
    picture = Image.fromarray(image.pixels)
    if picture.width > _WIDTH_PX:
        height = max(1, round(picture.height * _WIDTH_PX / picture.width))
        picture = picture.resize((_WIDTH_PX, height), Image.Resampling.BOX)
    if picture.mode != "L" and all(high - low <= _GRAY_SPREAD for low, high in _spreads(picture)):
        picture = picture.convert("L")
    buffer = io.BytesIO()
    picture.save(buffer, "JPEG", quality=_QUALITY, optimize=True)
    return "data:image/jpeg;base64," + base64.b64encode(buffer.getvalue()).decode("ascii")


def _spreads(picture: Image.Image) -> list[tuple[int, int]]:
    """How far the colour channels of an RGB picture stray from neutral, on a coarse grid."""
    small = picture.convert("YCbCr").resize((64, 64), Image.Resampling.BOX)
    extrema = small.getextrema()[1:]
    return [(int(low), int(high)) for low, high in extrema]  # type: ignore[misc]
