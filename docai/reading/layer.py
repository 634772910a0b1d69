"""Whether a text layer says what the page shows: not garbage, not hidden, and as good as reading it again."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from itertools import pairwise

import numpy as np
from rapidfuzz.distance import Levenshtein

from docai.imaging.orientation import Gray
from docai.types import Word

VOWELS = frozenset("aeiouyäöüáéíóúàèìòùâêîôûëïœæøå")
ENOUGH_LETTERS = 80
SHARE_OF_VOWELS = (0.22, 0.62)
"""English .38, German .39, French .45 of all Latin letters; a shuffled mapping leaves this range."""
FEWEST_LEVELS = 12
"""Gray levels between the darkest and the lightest pixel of a word that can be seen."""
SAMPLED_LINES = 3
GOOD_AGREEMENT = 0.85


def find_defect(words: Sequence[Word]) -> str | None:
    """Why the words cannot be text as people write it, or None."""
    text = "".join(word.text for word in words)
    if not text:
        return "is empty"
    strange = sum(unicodedata.category(c) in {"Co", "Cc", "Cn", "Cs"} or c == "\ufffd" for c in text)
    if strange > 0.03 * len(text):
        return "has characters without meaning (a font without a map to Unicode)"
    if sum(word.text.startswith("(cid:") for word in words) > 0.03 * len(words):
        return "has glyph numbers instead of characters"
    letters = [c for c in text.casefold() if "a" <= c <= "z" or c in VOWELS]
    if len(letters) >= ENOUGH_LETTERS and len(letters) > 0.5 * sum(c.isalpha() for c in text):
        share = sum(c in VOWELS for c in letters) / len(letters)
        if not SHARE_OF_VOWELS[0] <= share <= SHARE_OF_VOWELS[1]:
            return f"has {share:.0%} vowels, so its letters are mapped wrongly"
    if len(words) >= 40 and _broken_share(words) > 0.35:
        return "has digits, signs and capitals inside its words, as a poor OCR leaves them"
    return None


def _broken_share(words: Sequence[Word]) -> float:
    """Of the words that begin with a letter, those with a sign, a capital or a digit before small letters."""
    alphabetic = [w.text.strip("()[]\"'“”‘’.,;:-") for w in words]
    alphabetic = [text for text in alphabetic if len(text) >= 3 and text[0].isalpha()]
    if len(alphabetic) < 20:
        return 0.0
    return sum(_is_broken(text) for text in alphabetic) / len(alphabetic)


def _is_broken(text: str) -> bool:
    small = strange = False
    for c in text:
        if c in "{}|~^<>\\" or (c.isupper() and small) or (strange and c.islower()):
            return True
        small, strange = small or c.islower(), strange or c.isdigit()
    return False


def drop_hidden(words: Sequence[Word], small: Gray, dpi: float) -> list[Word]:
    """The words that leave a trace in the pixels: white on white or behind a picture does not count.

    `small`: the page as it lies at `dpi` (about 100).
    """
    kept = []
    scale = dpi / 72.0
    height, width = small.shape
    for word in words:
        x0, y0 = max(0, int(word.box.x0 * scale)), max(0, int(word.box.y0 * scale))
        x1, y1 = min(width, int(word.box.x1 * scale) + 2), min(height, int(word.box.y1 * scale) + 2)
        part = small[y0:y1, x0:x1]
        if part.size and int(part.max()) - int(part.min()) >= FEWEST_LEVELS:
            kept.append(word)
    return kept


def turn_of(words: Sequence[Word]) -> int:
    """The clockwise turn that rights the page, from the shape and the order of the layer's words."""
    long = [word for word in words if len(word.text) >= 4]
    tall = [w for w in long if w.box.y1 - w.box.y0 > 1.5 * (w.box.x1 - w.box.x0)]
    if len(tall) < 5 or 2 * len(tall) <= len(long):
        return 0
    down = 0
    for first, second in pairwise(words):
        if first.line == second.line:
            down += 1 if second.box.y0 > first.box.y0 else -1
    # Lines that run down were turned clockwise by 90 degrees; three more quarters right them.
    return 270 if down > 0 else 90


def sample_lines(words: Sequence[Word]) -> list[list[Word]]:
    """A few full lines spread over the page, to be read again."""
    lines: dict[int, list[Word]] = {}
    for word in words:
        lines.setdefault(word.line, []).append(word)
    full = [line for line in lines.values() if sum(len(w.text) for w in line) >= 20]
    if len(full) <= SAMPLED_LINES:
        return full
    return [full[int(i)] for i in np.linspace(0, len(full) - 1, SAMPLED_LINES)]


def agreement(layer: str, read: str) -> float:
    """How alike two readings of a line are, 0..1, by letters and digits."""
    a, b = ("".join(c for c in text.casefold() if c.isalnum()) for text in (layer, read))
    return float(Levenshtein.normalized_similarity(a, b))
