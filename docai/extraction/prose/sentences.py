"""Sentences under their headings, and the stemmed words by which phrases find them."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

from docai.extraction.prose.text import RunningText
from docai.extraction.prose.wordlists import ABBREVIATIONS, SMALL

_LONGEST = 1400  # characters; what is longer is cut at a semicolon
_STOP = re.compile(r"[.?!][\"”'’)\]]{0,2}(?=\s+[\"“‘'(\[]?[A-Z0-9(§])|;\s(?=(?:\(?[a-z]{1,3}\)|provided))")
_NUMBERED = re.compile(
    r"(?P<number>(?:(?:ARTICLE|Article|SECTION|Section|§)\s?)?(?:\d{1,2}(?:\.\d{1,2}){0,3}"
    r"|[IVX]{1,5}|[A-Z](?=[.)]))"
    r"[.):]?\)?|\([a-zA-Z0-9]{1,4}\))\s+"
)
_LEAD_IN = re.compile(r"(?P<head>[A-Z][^.:;“”\"\n]{2,70}?)(?:[.:]|\s[-–—]{1,2}\s|\.?[-–—]{2,})(?=\s|$)")
_DEFINES = re.compile(r"[“\"(]|\b(?:means?|shall|will|is|are|has)\b")
# Longest first.
_ENDINGS = (
    *("ationary", "ational", "ations", "ionary", "ation", "ional", "ments", "ances", "ities"),
    *("ment", "ably", "ible", "able", "ives", "ions", "ance", "ings", "ally"),
    *("ity", "ive", "ion", "ing", "als", "ies", "ers", "ors"),
    *("al", "er", "or", "ed", "es", "ly"),
    *("e", "s", "y"),
)
_WORD = re.compile(r"[^\W\d_]+(?:['’][a-z]{1,2})?|\d+(?:[.,]\d+)*")


@dataclass(frozen=True, slots=True)
class Sentence:
    """Characters `start`..`end`; `heading` is the nearest above or leading in, `section` the top one."""

    start: int
    end: int
    heading: str
    section: str
    number: int
    lead: int = 0  # characters of the sentence that are its own heading

    def __contains__(self, offset: int) -> bool:
        return self.start <= offset < self.end


def split_sentences(running: RunningText) -> list[Sentence]:
    """All sentences in reading order; headings are sentences of their own."""
    out: list[Sentence] = []
    section = heading = ""
    for start, end in running.paragraphs:
        paragraph = running.text[start:end]
        is_heading, name, level, lead = _read_heading(paragraph)
        if name:
            if level <= 1:
                section = name
            heading = name
        elif level >= 0 and not is_heading:
            heading = section
        for a, b in _cut(paragraph):
            first = a == 0
            out.append(Sentence(start + a, start + b, heading, section, len(out), lead if first else 0))
    return out


def _read_heading(paragraph: str) -> tuple[bool, str, int, int]:
    """(paragraph is nothing but a heading, its name, level of numbering or -1, length of a lead-in)."""
    number = _NUMBERED.match(paragraph)
    level = -1
    rest_at = 0
    if number:
        mark = number.group("number")
        level = 9 if mark.startswith("(") else mark.removesuffix(".0").rstrip(".):").count(".") + 1
        rest_at = number.end()
    rest = paragraph[rest_at:]
    if len(rest) < 90 and _titled(rest):
        plain = rest.strip(" .:;-–—_")
        return True, plain, level if number else (0 if rest.isupper() else 1), len(paragraph)
    lead = _LEAD_IN.match(rest)
    if lead and _titled(lead.group("head")):
        return False, lead.group("head"), level if number else 2, rest_at + lead.end()
    return False, "", level, 0


def _titled(text: str) -> bool:
    """Whether most words that may be capitalised are."""
    words = [w for w in re.findall(r"[^\W\d_]+", text) if w.lower() not in SMALL]
    if not words or len(words) > 12 or text.rstrip().endswith((",", ";")) or _DEFINES.search(text):
        return False
    return bool(sum(w[0].isupper() for w in words) >= 0.75 * len(words))


def _cut(paragraph: str) -> Iterator[tuple[int, int]]:
    begin = 0
    for stop in _STOP.finditer(paragraph):
        if paragraph[stop.start()] == "." and _abbreviated(paragraph, begin, stop.start()):
            continue
        if stop.end() - begin < 12 and paragraph[begin : stop.start()].strip(" .()").isalnum():
            continue  # "1." before its sentence
        yield begin, stop.end()
        begin = stop.end()
        while begin < len(paragraph) and paragraph[begin] == " ":
            begin += 1
    while len(paragraph) - begin > _LONGEST:
        cut = paragraph.rfind("; ", begin + 300, begin + _LONGEST)
        cut = cut + 1 if cut > 0 else begin + _LONGEST
        yield begin, cut
        begin = cut
    if begin < len(paragraph):
        yield begin, len(paragraph)


def _abbreviated(paragraph: str, begin: int, stop: int) -> bool:
    word = paragraph[max(begin, stop - 12) : stop].rsplit(" ", 1)[-1].lower().lstrip("(\"“'")
    if word in ("inc", "corp", "ltd", "llc", "l.l.c", "co"):  # may end a sentence as well
        following = paragraph[stop + 1 : stop + 40].lstrip()
        return not re.match(r"(?:The|This|These|Each|All|Any|If|In|No|Neither|Either|Upon)\b", following)
    return word in ABBREVIATIONS or (len(word) == 1 and word.isalpha())


@lru_cache(maxsize=65536)
def stem(word: str) -> str:
    """A light English stem: common endings off words of which four letters stay."""
    word = word.lower().replace("’", "'")
    word = word[:-2] if word.endswith("'s") else word
    for ending in _ENDINGS:
        if word.endswith(ending) and len(word) - len(ending) >= 4:
            return word[: -len(ending)]
    return word


class WordIndex:
    """Stems of a text by position, for phrases with gaps."""

    def __init__(self, text: str) -> None:
        self.stems: list[str] = []
        self.starts: list[int] = []
        self.ends: list[int] = []
        self.positions: dict[str, list[int]] = {}
        for match in _WORD.finditer(text):
            key = stem(match.group())
            self.positions.setdefault(key, []).append(len(self.stems))
            self.stems.append(key)
            self.starts.append(match.start())
            self.ends.append(match.end())

    def token_at(self, offset: int) -> int:
        """The first token that begins at or after `offset`."""
        return bisect_right(self.starts, offset - 1)
