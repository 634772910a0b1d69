"""Doubtful words of a cheap reading, read again by the stronger recogniser.

Measured on noisy contract pages: of the words that tesseract gave below .8, it had 54 % right, PP-OCRv6 small
68 %, and one of both 81 %. A word is 15 ms, so only the worst are asked for.
"""

from __future__ import annotations

import string
from dataclasses import replace

from docai.imaging.orientation import Gray
from docai.reading.ppocr import quad_of
from docai.reading.recogniser import LineRecogniser
from docai.reading.tokens import Line, Token, line_of

DOUBTFUL = 0.8
MOST_WORDS = 30
STOPS = ".,;:"
_QUOTES = str.maketrans("‘’“”´`", "''\"\"''")


def repair_lines(lines: list[Line], gray: Gray, recogniser: LineRecogniser) -> list[Line]:
    """The lines with doubtful words replaced where the second reading is the better one."""
    doubtful = [
        (token.confidence, i, j)
        for i, line in enumerate(lines)
        for j, token in enumerate(line.tokens)
        if token.confidence < DOUBTFUL and any(c.isalnum() for c in token.text)
    ]
    changed: dict[int, dict[int, Token]] = {}
    for _, i, j in sorted(doubtful)[:MOST_WORDS]:
        token = lines[i].tokens[j]
        second = _read_again(token, lines[i], gray, recogniser)
        if second is not None:
            changed.setdefault(i, {})[j] = choose_reading(token, second)
    return [
        line_of([changed[i].get(j, token) for j, token in enumerate(line.tokens)]) if i in changed else line
        for i, line in enumerate(lines)
    ]


def _read_again(token: Token, line: Line, gray: Gray, recogniser: LineRecogniser) -> Token | None:
    height = min(line.box[3] - line.box[1], 2.0 * (token.box[3] - token.box[1]) + 1)
    top, bottom = max(line.box[1], token.box[1] - height), min(line.box[3], token.box[3] + height)
    x0, x1 = token.box[0] - 0.25 * height, token.box[2] + 0.25 * height
    read = recogniser.read_line(gray, quad_of((x0, top - 0.12 * height, x1, bottom + 0.12 * height)))
    if read is None:
        return None
    return Token("".join(part.text for part in read.tokens), token.box, read.confidence)


def choose_reading(first: Token, second: Token) -> Token:
    """The likelier of two readings of one word.

    A crop of one word hides its case and its full stop, so a difference in those alone is the first's to
    decide; agreement makes either more certain.
    """
    if _bare(first.text) == _bare(second.text):
        return replace(first, confidence=max(first.confidence, second.confidence))
    if len(second.text) < 0.5 * len(first.text) or second.confidence < max(0.6, first.confidence):
        return first
    # Two readers disagree: neither is certain.
    return replace(second, confidence=min(second.confidence, 0.9))


def _bare(text: str) -> str:
    plain = text.translate(_QUOTES).casefold()
    return plain.rstrip(STOPS) or plain.strip(string.whitespace)
