"""What can be used of a reply: its complete list items with the place of each value, and a verdict.

A reply is a JSON object whose first array (or an array alone) holds objects. Of a reply that breaks off,
every item that was finished stays.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from json import JSONDecoder
from typing import Any, Literal, TypeAlias

from docai.llm.chat import FinishReason

Verdict: TypeAlias = Literal[
    "complete", "truncated", "whitespace", "repetition", "empty", "refusal", "not-json"
]
Span: TypeAlias = tuple[int, int]

_DECODER = JSONDecoder(strict=False)  # grammars let raw control characters into strings
_BLANK = " \t\r\n"
_LOOP_REPEATS = 4
_LOOP_CHARACTERS = 60
_LONGEST_PERIOD = 400
_SAME_ITEMS_OPEN = 6
_SAME_ITEMS_CLOSED = 12


@dataclass(frozen=True, slots=True)
class Item:
    """One object of the reply's list; `spans` are the places of its values in the reply's text."""

    value: dict[str, Any]
    spans: dict[str, Span] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class ParsedReply:
    """`items` are complete whatever the verdict; only `complete` says that there are no more."""

    items: tuple[Item, ...]
    verdict: Verdict


def parse_reply(text: str, finish: FinishReason = "stop") -> ParsedReply:
    """The complete items of a reply that holds a list, and how it ended."""
    if early := _judge_early(text, finish):
        return ParsedReply((), early)
    whole = _find_json(text)
    if whole is None:
        return ParsedReply((), "not-json")
    start = _find_list(text, whole)
    items, closed = ([], False) if start is None else _read_items(text, start)
    kept = _drop_repeated(items, closed)
    if len(kept) < len(items):
        return ParsedReply(tuple(kept), "repetition")
    if closed and finish != "length" and _is_whole(text, whole):
        return ParsedReply(tuple(kept), "complete")
    return ParsedReply(tuple(kept), find_loop(text) or "truncated")


def parse_object(text: str, finish: FinishReason = "stop") -> ParsedReply:
    """A reply that is one object without a list: one item, or none and why."""
    if early := _judge_early(text, finish):
        return ParsedReply((), early)
    whole = _find_json(text)
    if whole is None or text[whole] != "{":
        return ParsedReply((), "not-json")
    try:
        return ParsedReply((_read_object(text, whole)[0],), "complete")
    except (ValueError, RecursionError):
        return ParsedReply((), find_loop(text) or "truncated")


def _judge_early(text: str, finish: FinishReason) -> Verdict | None:
    if finish == "refusal":
        return "refusal"
    if text.strip():
        return None
    # A reply of white space alone that used up its tokens is the loop that grammars allow.
    return "whitespace" if len(text) > _LOOP_CHARACTERS or finish == "length" else "empty"


def find_loop(text: str) -> Literal["whitespace", "repetition"] | None:
    """Whether a text ends in white space without end or in a passage over and over."""
    tail = text[-(_LONGEST_PERIOD * _LOOP_REPEATS) :]
    if len(tail) - len(tail.rstrip()) >= _LOOP_CHARACTERS:
        return "whitespace"
    for period in range(1, _LONGEST_PERIOD + 1):
        length = max(period * _LOOP_REPEATS, _LOOP_CHARACTERS)
        if length > len(tail):
            return None
        end = tail[-length:]
        if end[period:] == end[:-period]:
            return "repetition" if end.strip() else "whitespace"
    return None


def _find_json(text: str) -> int | None:
    """Where the JSON begins: models that no grammar holds put prose or a Markdown fence around it."""
    index = -1
    for _ in range(8):
        starts = [i for i in (text.find("{", index + 1), text.find("[", index + 1)) if i >= 0]
        if not starts:
            return None
        index = min(starts)
        after = _skip(text, index + 1, _BLANK)
        if text[after : after + 1] in ('"', "{", "[", "}", "]", ""):
            return index
    return None


def _find_list(text: str, index: int) -> int | None:
    """Behind the bracket of the first list: the JSON itself, or a value of its outermost object."""
    if text[index] == "[":
        return index + 1
    index = _skip(text, index + 1, _BLANK)
    try:
        while text[index : index + 1] == '"':
            _, index = _DECODER.raw_decode(text, index)
            index = _skip(text, index, _BLANK + ":")
            if text[index : index + 1] == "[":
                return index + 1
            _, index = _DECODER.raw_decode(text, index)
            index = _skip(text, index, _BLANK + ",")
    except (ValueError, RecursionError):
        return None
    return None


def _is_whole(text: str, start: int) -> bool:
    try:
        _DECODER.raw_decode(text, start)
    except (ValueError, RecursionError):
        return False
    return True


def _read_items(text: str, index: int) -> tuple[list[Item], bool]:
    """Objects from `index` on, and whether the list was closed. What is no object is passed over."""
    items: list[Item] = []
    while True:
        index = _skip(text, index, _BLANK + ",")
        if index >= len(text):
            return items, False
        if text[index] == "]":
            return items, True
        try:
            if text[index] == "{":
                item, index = _read_object(text, index)
                items.append(item)
            else:
                _, index = _DECODER.raw_decode(text, index)
        except (ValueError, RecursionError):
            return items, False


def _read_object(text: str, index: int) -> tuple[Item, int]:
    """One object with its values' places. Raises ValueError if it breaks off."""
    value: dict[str, Any] = {}
    spans: dict[str, Span] = {}
    index = _skip(text, index + 1, _BLANK)
    while text[index : index + 1] != "}":
        if text[index : index + 1] != '"':
            raise json.JSONDecodeError("expected a key", text, index)
        key, index = _DECODER.raw_decode(text, index)
        index = _skip(text, index, _BLANK)
        if text[index : index + 1] != ":":
            raise json.JSONDecodeError("expected a colon", text, index)
        start = _skip(text, index + 1, _BLANK)
        value[key], index = _DECODER.raw_decode(text, start)
        spans[key] = (start, index)
        index = _skip(text, index, _BLANK)
        if text[index : index + 1] == ",":
            index = _skip(text, index + 1, _BLANK)
        elif text[index : index + 1] != "}":
            raise json.JSONDecodeError("expected a comma or the object's end", text, index)
    return Item(value, spans), index + 1


def _skip(text: str, index: int, characters: str) -> int:
    while index < len(text) and text[index] in characters:
        index += 1
    return index


def _drop_repeated(items: list[Item], closed: bool) -> list[Item]:
    """Cut a list off where one to three items come again and again until its end.

    Tables do have equal rows: only many in a run are a loop, more so where the model closed the list itself.
    """
    least = _SAME_ITEMS_CLOSED if closed else _SAME_ITEMS_OPEN
    for period in (1, 2, 3):
        run = period
        while run < len(items) and items[-run - 1].value == items[-run - 1 + period].value:
            run += 1
        if run >= least * period:
            return items[: len(items) - run + period]
    return items
