"""Type for pictures: Pillow's own sans for plain text, a system font where the text has more letters."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass

from PIL import ImageDraw, ImageFont
from PIL.ImageFont import FreeTypeFont

# Tried by name, in Pillow's search path, when a text has letters that the built-in font lacks.
_WIDE_FONTS = (
    "DejaVuSans.ttf",
    "NotoSans-Regular.ttf",
    "LiberationSans-Regular.ttf",
    "Arial Unicode.ttf",
    "arial.ttf",
)
_PLAIN = {
    "€": "EUR ",
    "£": "GBP ",
    "¥": "JPY ",
    "–": "-",
    "—": "-",
    "‘": "'",
    "’": "'",
    "•": "·",
    "ß": "ss",
    "−": "-",
}
_BOLD_OFFSET_PX = 0.7


@dataclass(frozen=True, slots=True)
class Typeface:
    """One family for a whole picture; sizes in pixels."""

    family: str | None

    def at(self, size_px: float) -> FreeTypeFont:
        if self.family is not None:
            # Wider than the built-in font at the same size.
            return ImageFont.truetype(self.family, size_px * 0.92)
        font = ImageFont.load_default(size_px)
        if not isinstance(font, FreeTypeFont):
            raise RuntimeError("Pillow was built without FreeType")
        return font

    def plain(self, text: str) -> str:
        """The text in letters that the family has."""
        if self.family is not None or text.isascii():
            return text
        font = self.at(16)
        return "".join(char if _has(font, char) else _replacement(char) for char in text)


def choose_typeface(texts: Iterable[str]) -> Typeface:
    """The built-in family if it has every letter, else the first wide one on this machine that does, else
    the built-in with replaced letters."""
    letters = {char for text in texts for char in text if not char.isascii()}
    if not letters or all(_has(Typeface(None).at(16), char) for char in letters):
        return Typeface(None)
    found: list[tuple[int, str]] = []
    for name in _WIDE_FONTS:
        try:
            font = ImageFont.truetype(name, 16)
        except OSError:
            continue
        lacking = sum(not _has(font, char) for char in letters)
        if not lacking:
            return Typeface(name)
        found.append((lacking, name))
    return Typeface(min(found)[1]) if found else Typeface(None)


def draw_text(
    canvas: ImageDraw.ImageDraw,
    at: tuple[float, float],
    text: str,
    font: FreeTypeFont,
    colour: str,
    *,
    bold: bool = False,
) -> None:
    """Text with its ascender line at `at`; bold is drawn twice, since the built-in family has one weight."""
    canvas.text(at, text, font=font, fill=colour)
    if bold:
        canvas.text((at[0] + _BOLD_OFFSET_PX, at[1]), text, font=font, fill=colour)


def wrap(text: str, font: FreeTypeFont, width_px: float, lines: int) -> list[str]:
    """Break a text into at most so many lines; what does not fit ends in an ellipsis."""
    rest = " ".join(text.split())
    done: list[str] = []
    while rest and len(done) < lines:
        last = len(done) == lines - 1
        line = _fitting(rest, font, width_px)
        if len(line) < len(rest):
            if last:
                line = _fitting(rest, font, width_px - font.getlength("...")).rstrip(" ,;") + "..."
                done.append(line)
                break
            space = line.rfind(" ")
            if rest[len(line)] != " " and space > len(line) // 3:
                line = line[:space]
        done.append(line.rstrip())
        rest = rest[len(line) :].lstrip()
    return done


def _fitting(text: str, font: FreeTypeFont, width_px: float) -> str:
    """The longest start of a text that fits, one letter at least."""
    low, high = 1, min(len(text), 400)
    while low < high:
        middle = (low + high + 1) // 2
        low, high = (middle, high) if font.getlength(text[:middle]) <= width_px else (low, middle - 1)
    return text[:low]


def _has(font: FreeTypeFont, char: str) -> bool:
    if char.isspace():
        return True
    missing = font.getmask("\uffff")
    glyph = font.getmask(char)
    return glyph.size != missing.size or bytes(glyph) != bytes(missing)


def _replacement(char: str) -> str:
    plain = unicodedata.normalize("NFKD", char).encode("ascii", "ignore").decode()
    return _PLAIN.get(char) or plain or "?"
