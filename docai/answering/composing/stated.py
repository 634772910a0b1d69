"""What a sentence states that its quotes must say as well: dates, amounts, periods, numbers and names."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal

from docai.answering.words import GENERIC, STOPS, stem
from docai.grounding.text_index import fold_text
from docai.values.calendar_words import MONTH_NUMBERS, strip_accents
from docai.values.compare import find, value_key
from docai.values.currencies import currency_code
from docai.values.names import suffix_key
from docai.values.spans import Found
from docai.values.word_numbers import NUMBER_WORDS, parse_word_number

# The first that covers a stretch of text decides what it is.
_KINDS = ("email", "date", "money", "percent", "duration")
_DIGITS = re.compile(r"[^\W_]{0,12}\d[\w.,/:\-'’]{0,40}")
_WORDS = re.compile(r"[^\W\d_]+")
_ORDINAL = re.compile(r"(?<=\d)(?:st|nd|rd|th)$", re.IGNORECASE)
_URL = re.compile(r"(?:https?://|www\.)[^\s<>\"'”]{1,300}", re.IGNORECASE)
_CAPITALISED = re.compile(r"(?<![\w’'])[^\W\d_][\w&’'.\-]{0,40}")
_SENTENCE_START = re.compile(r"(?:^|[.?!:;]\s{1,3}|[\"“‘(]\s?)$")
_MONTHS = frozenset(m for m in MONTH_NUMBERS if len(m) >= 3)
_SMALL = 2
"""Numbers in words up to this count nothing: both parties, one of them."""
_PLAIN_TEXT = (
    "yes no ja nein oui non i mr mrs ms dr section sections article articles clause clauses exhibit schedule "
    "annex appendix page pages paragraph document documents"
)
_PLAIN = frozenset(_PLAIN_TEXT.split()) | GENERIC | STOPS


@dataclass(frozen=True, slots=True)
class Value:
    """A typed value in a sentence. `keys`: its readings, comparable with those of another text's values."""

    kind: str
    text: str
    keys: frozenset[object]
    start: int
    end: int
    unit: str | None = None


def list_values(text: str) -> list[Value]:
    """Dates, amounts, percentages, periods, addresses on the net, and what else holds a digit."""
    values: list[Value] = []
    taken = bytearray(len(text))

    def take(value: Value) -> None:
        if not any(taken[value.start : value.end]):
            taken[value.start : value.end] = b"\1" * (value.end - value.start)
            values.append(value)

    for match in _URL.finditer(text):
        take(Value("url", match.group(), frozenset((fold_text(match.group())[0],)), *match.span()))
    for kind in _KINDS:
        for found in find(kind, text):
            if kind != "money" or found.unit:
                take(_typed(kind, found))
    for match in _DIGITS.finditer(text):
        take(_plain_number(match))
    for found in _find_numerals(text):
        take(_typed("number", found))
    return sorted(values, key=lambda v: v.start)


def _typed(kind: str, found: Found) -> Value:
    readings = [found.value] if kind == "date" else [found.value, found.alternative]
    if kind == "date" and found.alternative is not None:
        readings.append(found.alternative)
    keys = frozenset(value_key(kind, reading) for reading in readings if reading is not None)
    return Value(kind, found.text, keys, found.start, found.end, found.unit)


def _plain_number(match: re.Match[str]) -> Value:
    """A number, a year, a section's number or a code, without the mark behind it."""
    text = match.group().rstrip(".,:;/-'’")
    numbers = find("number", text)
    keys: set[object] = {_ORDINAL.sub("", fold_text(text)[0])}
    if len(numbers) == 1 and numbers[0].text == text:
        keys |= {value_key("number", n) for n in (numbers[0].value, numbers[0].alternative) if n is not None}
    return Value("number", text, frozenset(keys), match.start(), match.start() + len(text))


def _find_numerals(text: str) -> Iterator[Found]:
    """Numbers in words above `_SMALL`."""
    run: list[re.Match[str]] = []
    for match in (*_WORDS.finditer(text), None):
        if match is not None and _continues(text, run, match):
            run.append(match)
            continue
        while run and strip_accents(run[-1].group()) == "and":
            run.pop()
        number = parse_word_number([strip_accents(m.group()) for m in run]) if run else None
        if number is not None and number > _SMALL:
            start, end = run[0].start(), run[-1].end()
            yield Found(start, end, text[start:end], Decimal(number))
        run = [match] if match is not None and _continues(text, [], match) else []


def _continues(text: str, run: list[re.Match[str]], match: re.Match[str]) -> bool:
    """Whether a word begins a number in words, or goes on with one."""
    plain = strip_accents(match.group())
    if plain not in NUMBER_WORDS:
        return False
    if not run:
        return plain not in ("a", "an", "and")
    return not text[run[-1].end() : match.start()].strip(" -\u2010\u2011")


def all_keys(text: str) -> dict[str, set[object]]:
    """What a text says, by kind: keys of its values; a number also stands in dates, amounts and periods."""
    keys: dict[str, set[object]] = {kind: set() for kind in (*_KINDS, "number", "url")}
    for value in list_values(text):
        keys[value.kind] |= value.keys
    for kind in ("money", "number", "percent"):
        for found in find(kind, text):
            for reading in (found.value, found.alternative):
                if reading is not None:
                    keys["number"].add(value_key("number", reading))
    for match in _DIGITS.finditer(text):
        keys["number"] |= _plain_number(match).keys
        for part in re.findall(r"\d+", match.group()):
            keys["number"] |= {part, value_key("number", part)}
    for found in (*_find_numerals(text), *find("money", text)):
        keys["number"].add(value_key("number", found.value))
    keys["money"] |= {value_key("money", f.value) for f in find("money", text)}
    return keys


def list_names(text: str) -> list[tuple[int, int, str]]:
    """Words that are written as names, with where they stand; words of dates and general ones left out."""
    names = []
    for match in _CAPITALISED.finditer(text):
        word = match.group().rstrip(".'’-").removesuffix("'s").removesuffix("’s")
        plain = strip_accents(word).strip(".")
        inner = any(c.isupper() for c in word[1:])
        if not (word[:1].isupper() or inner) or len(word) < 2:
            continue
        if plain in _PLAIN or plain in _MONTHS or plain in NUMBER_WORDS:
            continue
        if suffix_key(word) is not None or currency_code(word) is not None:
            continue
        if _SENTENCE_START.search(text[: match.start()]) and not inner and not _goes_on(text, match.end()):
            continue
        names.append((match.start(), match.start() + len(word), word))
    return names


def _goes_on(text: str, at: int) -> bool:
    """Whether the next word is a capitalised one too, or a legal form: a sentence that begins with a name."""
    following = re.match(r",?\s([^\W\d_][\w&.\-]{0,30})", text[at : at + 40])
    return following is not None and (
        following.group(1)[0].isupper() or suffix_key(following.group(1).rstrip(".")) is not None
    )


def name_keys(text: str) -> set[str]:
    """Folded words and stems of a text, in which a name is looked for."""
    keys: set[str] = set()
    for match in re.finditer(r"[^\W_]+(?:[&’'.\-][^\W_]+){0,6}", text):
        word = match.group().removesuffix("'s").removesuffix("’s")
        keys |= {fold_text(word)[0], stem(word)}
        keys |= {fold_text(part)[0] for part in re.split(r"[&’'.\-]", word)}
    return keys - {""}
