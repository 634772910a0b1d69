"""What the readers of this room exchange: words and lines in pixels of the levelled page."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

PixelBox: TypeAlias = tuple[float, float, float, float]


@dataclass(frozen=True, slots=True)
class Token:
    """One word as an engine gives it: `box` in pixels, `confidence` 0..1."""

    text: str
    box: PixelBox
    confidence: float


@dataclass(frozen=True, slots=True)
class Line:
    """The words of one text line from left to right; `box` holds them all."""

    tokens: tuple[Token, ...]
    box: PixelBox

    @property
    def text(self) -> str:
        return " ".join(token.text for token in self.tokens)

    def moved(self, dx: float, dy: float) -> Line:
        """The line of a part of a page, put where the part lies."""
        tokens = [
            Token(t.text, (t.box[0] + dx, t.box[1] + dy, t.box[2] + dx, t.box[3] + dy), t.confidence)
            for t in self.tokens
        ]
        return line_of(tokens)

    @property
    def confidence(self) -> float:
        """Mean over characters, 0 for a line without words."""
        letters = sum(len(token.text) for token in self.tokens)
        return sum(t.confidence * len(t.text) for t in self.tokens) / letters if letters else 0.0


def hull(boxes: list[PixelBox]) -> PixelBox:
    """The smallest box around all of at least one."""
    return (
        min(b[0] for b in boxes),
        min(b[1] for b in boxes),
        max(b[2] for b in boxes),
        max(b[3] for b in boxes),
    )


def line_of(tokens: list[Token]) -> Line:
    """A line of at least one word."""
    return Line(tuple(tokens), hull([token.box for token in tokens]))
