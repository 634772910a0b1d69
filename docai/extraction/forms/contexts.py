"""What stands around a value: text before it, the cell to the left, the header above, the section's title."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

from docai.extraction.forms.labels import split_tokens
from docai.extraction.layout import Cell, PageLayout

_LETTER = re.compile(r"[^\W\d_]")
_VALUE_WORD = re.compile(r"\d")
_BRACKETED = re.compile(r"\([^()]{0,12}\)")
_CONNECTOR = re.compile(r"^\W{0,4}(?:to|bis|au|until|till|through|thru|-|–|—|/)?\W{0,4}$", re.I)
# "Number: 12" is a label with its value, no label of anything else.
_LABELLED = re.compile(r"[^\W\d_]\s?[:#]\s?\S")
_CODE = re.compile(r"\d{4}")
_REMARK = re.compile(r"\([^()]{0,40}\)")
_CURRENCY_ONLY = re.compile(r"^\W{0,2}(?:rm|myr|rh|usd|eur|euro|gbp|chf|us\$|s\$|[$€£¥:])\W{0,2}$", re.I)
# Names of the parties, for which forms have sections.
SECTION_WORDS = frozenset(
    [
        "seller",
        "buyer",
        "recipient",
        "payee",
        "agent",
        "delivery",
        "customer",
        "bill",
        "advertiser",
        "company",
        "payment",
        "bank",
        "remit",
        "ship",
        "sold",
    ]
)
ABOVE_ROWS = 14


@dataclass(frozen=True, slots=True)
class Context:
    """Label texts around a value, empty where there is none; `above_gap`, `section_gap`: rows to them."""

    inline: str = ""
    left: str = ""
    above: str = ""
    section: str = ""
    right: str = ""
    above_gap: int = 0
    section_gap: int = 0

    def labels(self) -> tuple[str, str, str]:
        return self.inline, self.left, self.above


def is_value_like(text: str) -> bool:
    """Whether a cell holds a number, a date, a code or a currency sign rather than words."""
    if _CURRENCY_ONLY.match(text):
        return True
    letters = len(_LETTER.findall(text))
    digits = sum(ch.isdigit() for ch in text)
    return letters < 2 or digits >= letters


def inline_label(text: str, start: int) -> str:
    """The part of a cell's text before `start` that labels the value there.

    Words after the last other value, unless nothing but a connector ("-", "to") or small words stands
    between: then the whole beginning counts, so that both ends of a range have the same label.
    """
    prefix = _BRACKETED.sub(" ", text[:start])
    if not _LETTER.search(prefix):
        return ""
    words = prefix.split()
    cut = max((k for k, word in enumerate(words) if _VALUE_WORD.search(word)), default=-1)
    near = " ".join(words[cut + 1 :])
    if cut >= 0 and (_CONNECTOR.match(near) or not split_tokens(near)):
        return prefix.strip()
    return near


class ContextFinder:
    """Contexts on one page. Keeps what is the same for all values of a cell."""

    def __init__(self, layout: PageLayout) -> None:
        self._layout = layout
        self._value_like = [is_value_like(c.text) for c in layout.cells]
        self._sections: list[Cell] = [c for c in layout.cells if self._is_section(c)]
        self._around: dict[tuple[int, bool], Context] = {}

    def find(self, cell: Cell, start: int, end: int, *, typed: bool) -> Context:
        """Context of `cell.text[start:end]`; the header of a number or date (`typed`) may stand far above."""
        around = self._around.get((cell.index, typed))
        if around is None:
            above, gap = self._above(cell, typed)
            section, rows = self._section(cell)
            around = Context("", self._left(cell), above, section, "", gap, rows)
            self._around[(cell.index, typed)] = around
        right = " ".join(cell.text[end:].split()[:3])
        inline = inline_label(cell.text, start)
        if around.left and set(split_tokens(inline)) == {"number"}:
            # "Credit note (self-billed)    No. 471102": the number's label begins a column before.
            inline = f"{_REMARK.sub(' ', around.left)} {inline}"
        return replace(around, inline=inline, right=right)

    def _left(self, cell: Cell) -> str:
        """The nearest words to the left, with the words left of them when those are a label too."""
        found: list[str] = []
        for other in self._layout.left_of(cell)[:6]:
            if self._value_like[other.index]:
                if found:
                    break
                continue
            if (found and len(other.text) > 30) or _LABELLED.search(other.text) or _CODE.search(other.text):
                break
            found.append(other.text)
            if len(found) == 2 or not found[0].rstrip().endswith(":"):
                break
        return " ".join(reversed(found))

    def _above(self, cell: Cell, typed: bool) -> tuple[str, int]:
        limit = ABOVE_ROWS if typed else 2
        found: list[Cell] = []
        for other in self._layout.above(cell, limit):
            if self._value_like[other.index] or _CODE.search(other.text):
                if typed:
                    continue
                break
            if not typed and (_LABELLED.search(other.text) or self._has_value(other)):
                break
            if found:
                # A header of two or three lines.
                gap = found[-1].box.y0 - other.box.y1
                if gap < 0.6 * other.height and len(found) < 3 and len(other.text) < 25:
                    found.append(other)
                    continue
                break
            found.append(other)
            if not typed or other.text.rstrip().endswith(":"):
                break
        if not found:
            return "", 0
        return " ".join(c.text for c in reversed(found)), cell.row - found[0].row

    def _has_value(self, cell: Cell) -> bool:
        """Whether a cell's value stands to its right, as in "Number   : 12"."""
        right = self._layout.right_of(cell)
        return bool(right) and right[0].text.startswith(":")

    def _is_section(self, cell: Cell) -> bool:
        text = cell.text.strip()
        if len(text) > 48 or any(ch.isdigit() for ch in text) or not set(split_tokens(text)) & SECTION_WORDS:
            return False
        inside = text.rstrip(": ")
        if ":" in inside:
            return False
        right = self._layout.right_of(cell)
        return not right or right[0].box.x0 - cell.box.x1 > 4 * cell.height or text.endswith(":")

    def _section(self, cell: Cell) -> tuple[str, int]:
        """The title of the nearest section above that begins no further right than the value."""
        best = None
        for title in self._sections:
            if title.row >= cell.row or title.index == cell.index:
                continue
            indent = cell.box.x0 - title.box.x0
            if -2.0 * cell.height < indent < 0.4 * self._layout.width:
                best = title
        if best is None or cell.row - best.row > 12:
            return "", 0
        return best.text, cell.row - best.row
