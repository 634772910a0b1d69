"""What the renderer asks of one open file, and how foreign errors become docai's."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Protocol, overload

from docai.errors import DocaiError, DocumentError
from docai.pages.confine import tells_of_memory
from docai.pages.limits import STAGE
from docai.types import ImageKind, Issue, PageImage, Word

DAMAGED_HINT = "open it in a viewer and save or scan it again"


@dataclass(frozen=True, slots=True)
class PagePlan:
    """How a page will be rendered: its size after /Rotate, the DPI of its image, and the kind.

    `native` is a promise here; a page planned as `rendered` may still prove bit-equal when rendered.
    `locators`: as of `Page`, where the file has no pages; `issues`: what is known before it is read.
    """

    width_pt: float
    height_pt: float
    dpi_x: float
    dpi_y: float
    kind: ImageKind
    locators: tuple[str, ...] = ()
    issues: tuple[Issue, ...] = ()


@dataclass(frozen=True, slots=True)
class TextLayer(Sequence[Word]):
    """The words of a page's text layer, and what tells whether to believe them.

    `invisible_share`: part (0..1) of the characters that do not show (painted in no ink, or all of them
    under an image of the page), as an OCR layer's do not.
    `turned`: the clockwise turn (0, 90, 180, 270) that makes most of its lines level.
    """

    words: tuple[Word, ...] = ()
    invisible_share: float = 0.0
    turned: int = 0

    @overload
    def __getitem__(self, index: int) -> Word: ...

    @overload
    def __getitem__(self, index: slice) -> tuple[Word, ...]: ...

    def __getitem__(self, index: int | slice) -> Word | tuple[Word, ...]:
        return self.words[index]

    def __len__(self) -> int:
        return len(self.words)


class PageFile(Protocol):
    """One open file. Pages count from 1; raises `DocumentError` (stage `pages`)."""

    media_type: str
    page_count: int

    def plan(self, number: int) -> PagePlan: ...

    def render(self, number: int) -> PageImage: ...

    def find_damage(self) -> Issue | None:
        """What is wrong with the file as a whole, if anything; asked after all pages were planned."""
        ...

    def text_layer(self, number: int) -> TextLayer: ...

    def close(self) -> None: ...


@contextmanager
def translate_errors(uri: str, page: int | None = None) -> Iterator[None]:
    """Turns whatever a decoder raises into one `DocumentError`; the only place that does."""
    try:
        yield
    except DocaiError:
        raise
    except Exception as error:
        if tells_of_memory(error):
            raise DocumentError(
                "memory",
                "decoding needs more memory than a worker may use",
                document=uri,
                page=page,
                stage=STAGE,
                hint="split the file or raise the memory limit",
            ) from error
        # Decoders raise RuntimeError, SyntaxError, struct.error, KeyError and more on broken input.
        raise DocumentError(
            "damaged",
            f"cannot be decoded{_find_detail(error)}",
            document=uri,
            page=page,
            stage=STAGE,
            hint=DAMAGED_HINT,
        ) from error


def _find_detail(error: Exception) -> str:
    """What the decoder says, unless it only repeats the file's path."""
    lines = str(error).strip().splitlines()
    if not lines:
        return f" ({type(error).__name__})"
    return "" if "/" in lines[0] or "\\" in lines[0] else f": {lines[0][:160]}"
