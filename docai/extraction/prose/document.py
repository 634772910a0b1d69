"""A document as the prose readers see it: running text, sentences, typed candidates, its opening."""

from __future__ import annotations

import re
from bisect import bisect_right
from functools import cached_property

from docai.extraction.prose.sentences import Sentence, WordIndex, split_sentences
from docai.extraction.prose.text import RunningText
from docai.types import DocumentView
from docai.values.blanks import find_blank_dates
from docai.values.dates import find_dates, guess_day_first
from docai.values.durations import find_durations
from docai.values.spans import Found

_QUOTES = str.maketrans("“”„«»‘’‚´`–—‐‑\u00a0\u00ad{}", "\"\"\"\"\"'''''----  ()")
# Superscripts that the layer sets apart ("1s t day"), and what OCR makes of 1st. Same length, so that
# offsets hold.
_ORDINAL = re.compile(r"(?<=\d)(s t|n d|r d|t h)(?=\s)")
_LETTER_ONE = re.compile(r"(?<![^\W_])[lI](?=st (?:day|of))")

_NO_YEAR = re.compile(
    r"\b\d{1,2}(?:\s?(?:st|nd|rd|th))?\sday\sof\s(?:January|February|March|April|May|June|July|August|September|October"
    r"|November|December)\b(?!,?\s{0,2}(?:of\s)?(?:[12]\d|in the year))"
)
# The words with which the body begins, after the parties and their date.
_BODY = re.compile(
    r"\b(?:W\s?I\s?T\s?N\s?E\s?S\s?S\s?E?\s?T\s?H|WHEREAS|Whereas|RECITALS?|Recitals|BACKGROUND"
    r"|Background|PREAMBLE"
    r"|NOW,? THEREFORE|Now,? Therefore)\b|\bagree(?:s|d)? as follow|\bthe following terms"
    r"|\b(?:it is|It is|IT IS) (?:hereby )?(?:agreed|AGREED)"
)
# ... or its first numbered section, or a heading.
_FIRST_SECTION = re.compile(
    r"\n(?:(?:1|I|A)\.0?\s|1\.1\.?\s|(?:ARTICLE|Article|SECTION|Section)\s(?:1|I|One|ONE)\b|\(?[Aa]\)\s"
    r"|[A-Z][A-Z ]{6,40}[.:]?\n|[A-Z][a-z]+[.:]?\n)"
)
_OPENING = re.compile(
    r"\b(?:agreement|contract|lease|deed|amendment|addendum|memorandum|letter|note|license"
    r"|licence|undertaking|\w{0,14}vertrag|vereinbarung|contrat)\b"
    r"[^\n]{0,160}?(?:\b(?:is |are |was )?(?:made|entered|dated|effective|executed|concluded|signed)\b"
    r"|\bby and (?:between|among)\b|\bbetween\b|\bamong\b|\n{0,2}\bzwischen\b|\bentre\b)",
    re.IGNORECASE,
)
_LONGEST_OPENING = 3500
# Their share was .22 to .34 in 26 English agreements.
_ENGLISH = frozenset(
    ("the", "of", "and", "to", "by", "this", "shall", "is", "or", "any", "be", "with", "that")
)
_ENGLISH_SHARE, _FEW_WORDS = 0.08, 25


class Prose:
    """Running text with lazily found dates, periods and blanks; spans are offsets into `text`.

    `plain` is `text` with typographic marks made plain, character for character.
    """

    def __init__(self, view: DocumentView) -> None:
        self.view = view
        self.running = RunningText(view)
        self.text = self.running.text
        plain = self.text.translate(_QUOTES).replace("''", '""')
        plain = _ORDINAL.sub(lambda m: m.group(1).replace(" ", "") + " ", plain)
        self.plain = _LETTER_ONE.sub("1", plain)
        self.sentences = split_sentences(self.running)
        self._starts = [s.start for s in self.sentences]

    @cached_property
    def lower(self) -> str:
        """`plain` in lower case; of the same length (letters that grow in lower case are left alone)."""
        lowered = self.plain.lower()
        return (
            lowered
            if len(lowered) == len(self.plain)
            else "".join(c.lower() if len(c.lower()) == 1 else c for c in self.plain)
        )

    @cached_property
    def is_english(self) -> bool:
        """Whether the small words of English hold the text together; true of what is too short to tell."""
        words = re.findall(r"[^\W\d_]+", self.lower[:20000])
        small = sum(word in _ENGLISH for word in words)
        return len(words) < _FEW_WORDS or small >= _ENGLISH_SHARE * len(words)

    @cached_property
    def index(self) -> WordIndex:
        return WordIndex(self.plain)

    @cached_property
    def day_first(self) -> bool | None:
        return guess_day_first([self.plain])

    @cached_property
    def dates(self) -> list[Found]:
        return find_dates(self.plain, day_first=self.day_first)

    @cached_property
    def blank_dates(self) -> list[Found]:
        """Places left open for a date, and days of a month whose year was forgotten."""
        found = find_blank_dates(self.plain)
        for match in _NO_YEAR.finditer(self.plain, *self.opening):
            if all(match.end() <= f.start or match.start() >= f.end for f in [*found, *self.dates]):
                found.append(Found(match.start(), match.end(), match.group(), ""))
        return sorted(found, key=lambda f: f.start)

    @cached_property
    def durations(self) -> list[Found]:
        return find_durations(self.plain)

    @cached_property
    def opening(self) -> tuple[int, int]:
        """The span that names parties and date: from the document's sentence about itself to its body."""
        best: tuple[float, int] | None = None
        limit = max(8000, len(self.plain) // 4)
        for match in _OPENING.finditer(self.plain, 0, limit):
            sentence = self.sentence_at(match.start())
            begin = max(sentence.start, match.start() - 120)
            window = self.plain[begin : begin + 700]
            strength = self._opening_strength(window, self.plain[sentence.start : match.start()])
            if strength > 0 and (best is None or strength > best[0]):
                best = (strength, sentence.start if match.start() - sentence.start < 600 else match.start())
        start = best[1] if best else 0
        body = _BODY.search(self.plain, start + 20, start + _LONGEST_OPENING)
        end = body.start() if body else min(len(self.plain), start + _LONGEST_OPENING // 2)
        section = _FIRST_SECTION.search(self.plain, start + 150, end)
        return start, section.start() if section else end

    @staticmethod
    def _opening_strength(window: str, before: str) -> float:
        strength = 0.0
        if re.search(r"\b(?:between|among|zwischen|entre)\b", window, re.IGNORECASE):
            strength += 2
        if re.search(r"\(\s?(?:the |this |hereinafter[^()]{0,30}|\"|')", window):
            strength += 1
        if re.search(r"(?i)\b(?:made|entered into|dated|effective)\b", window[:300]):
            strength += 1
        if re.match(
            r"(?i)\W{0,3}(?:exhibit[\s\d.]{0,8})?(?:this|agreement|the undersigned)",
            (before + window).lstrip()[:40],
        ):
            strength += 1
        if re.search(
            r"(?i)\b(?:that certain|pursuant to|prior|shall|terminat|in connection with)\b", window[:160]
        ):
            strength -= 1.5
        if window.count(". . .") or window.count("....") > 1:
            strength -= 4
        return strength

    def sentence_at(self, offset: int) -> Sentence:
        return self.sentences[max(0, bisect_right(self._starts, offset) - 1)]

    def left(self, offset: int, reach: int = 120) -> str:
        """Text of the same sentence before `offset`, at most `reach` characters."""
        return self.plain[max(self.sentence_at(offset).start, offset - reach) : offset]

    def right(self, offset: int, reach: int = 120) -> str:
        """Text of the same sentence after `offset`."""
        sentence = self.sentence_at(max(0, offset - 1))
        return self.plain[offset : max(offset, min(sentence.end, offset + reach))]
