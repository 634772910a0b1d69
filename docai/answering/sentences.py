"""Passages cut into sentences."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from docai.answering.wordlists import load_words
from docai.grounding.text_index import fold_text

_STOP = re.compile(r"[.?!][\"”'’)\]]{0,2}(?=\s+[\"“‘'(\[]?[A-ZÀ-Þ0-9(§])|;\s(?=\(?[a-z]{1,3}\)\s)|\n")
_ABBREVIATIONS = frozenset(load_words("abbreviations"))
_SHORTEST = 12
_LONGEST = 900


def split_sentences(text: str) -> Iterator[tuple[int, int]]:
    """Start and end of each sentence; very long ones are cut at a semicolon or a space."""
    begin = 0
    for stop in _STOP.finditer(text):
        if text[stop.start()] == "." and _is_abbreviated(text, begin, stop.start()):
            continue
        if stop.end() - begin < _SHORTEST:
            continue  # "1." or "(a)" before its sentence
        yield from _cut_long(text, begin, stop.end())
        begin = stop.end()
    if text[begin:].strip():
        yield from _cut_long(text, begin, len(text))


def _cut_long(text: str, begin: int, end: int) -> Iterator[tuple[int, int]]:
    while begin < end and text[begin].isspace():
        begin += 1
    while end - begin > _LONGEST:
        cut = text.rfind("; ", begin + _LONGEST // 3, begin + _LONGEST)
        cut = cut + 1 if cut > 0 else text.rfind(" ", begin + 1, begin + _LONGEST)
        cut = cut if cut > begin else begin + _LONGEST
        yield begin, cut
        begin = cut
    if text[begin:end].strip():
        yield begin, end


def _is_abbreviated(text: str, begin: int, stop: int) -> bool:
    word = text[max(begin, stop - 12) : stop].rsplit(" ", 1)[-1].lower().lstrip("(\"“'")
    if word in ("inc", "corp", "ltd", "llc", "co"):  # may end a sentence as well
        return (
            re.match(
                r"\.\s+(?:The|This|These|Each|All|Any|If|In|No|Neither|Either)\b", text[stop : stop + 20]
            )
            is None
        )
    return word in _ABBREVIATIONS or (len(word) == 1 and word.isalpha())


def sentence_around(text: str, quote: str) -> str | None:
    """The sentence (or the sentences, where it runs over a stop) of a text in which a quote stands."""
    wanted = fold_text(quote)[0]
    stream, origin = fold_text(text)
    at = stream.find(wanted) if wanted else -1
    if at < 0:
        return None
    first, last = origin[at], origin[at + len(wanted) - 1]
    spans = [(a, b) for a, b in split_sentences(text) if a <= last and first < b]
    if not spans:
        return None
    return text[spans[0][0] : spans[-1][1]].strip()


def shorten(text: str, quotes: Sequence[str], limit: int = 420) -> str:
    """A long sentence around its quotes, with `…` where it was cut."""
    line = " ".join(text.split())
    if len(line) <= limit:
        return line
    places = [at for q in quotes if (at := line.find(" ".join(q.split())[:40])) >= 0]
    centre = min(places, default=0)
    start = max(0, min(centre - limit // 3, len(line) - limit))
    start = line.find(" ", start) + 1 if start else 0
    end = min(len(line), start + limit)
    end = line.rfind(" ", start, end) if end < len(line) else end
    return ("… " if start else "") + line[start:end] + (" …" if end < len(line) else "")
