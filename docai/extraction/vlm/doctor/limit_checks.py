"""How much a request may hold: images, context."""

from __future__ import annotations

from collections.abc import AsyncIterator

from docai.errors import ConfigError
from docai.extraction.vlm.doctor.findings import Finding, Level
from docai.extraction.vlm.doctor.remedies import allow_images, lengthen_context
from docai.extraction.vlm.doctor.subject import Subject, say
from docai.extraction.vlm.trial import A4_TOKENS, draw_trial_image, measure_image_room
from docai.llm.faults import read_context_limit, read_image_limit

_WANTED_IMAGES, _NEEDED_IMAGES = 8, 4
"""An A4 page at 400 DPI is seven of Gemma 4's tiles, at 300 DPI four."""
_FILLER_WORDS, _PROBE_WORDS = 300, 9000
"""The longer text is 9,000 tokens at least: room enough for a page, its question and its reply."""


async def check_images(subject: Subject) -> AsyncIterator[Finding]:
    """How many images a request may hold, up to what a page needs."""
    count = _WANTED_IMAGES
    while count > 1:
        try:
            await subject.ask(say("How many images are there?", *[draw_trial_image()] * count))
            break
        except ConfigError as error:
            if error.code == "context-too-small":
                break  # for the context's own check to say
            if error.code != "too-many-images":
                raise
            count = min(read_image_limit(error) or count // 2, count - 1)
    facts = {"images": count}
    if count >= _WANTED_IMAGES:
        yield Finding("images", "ok", f"a request may hold {count} images or more", facts=facts)
        return
    message = (
        f"a request may hold {count} {'image' if count == 1 else 'images'}, and a page at 300 DPI is four"
    )
    level: Level = "note" if count >= _NEEDED_IMAGES else "problem"
    yield Finding("images", level, message, allow_images(subject.dialect), facts)


async def check_context(subject: Subject) -> AsyncIterator[Finding]:
    """How long the context is: as the server says, else by a long text, which some cut off without a word."""
    tokens = subject.context_tokens
    if tokens is None:
        try:
            tokens, cut = await _probe_context(subject)
        except ConfigError as error:
            if error.code != "context-too-small":
                raise
            tokens, cut = read_context_limit(error) or 0, False
        if cut:
            yield Finding(
                "context",
                "problem",
                f"what is longer than about {tokens:,} tokens is dropped without a word: pages would be "
                "answered unseen",
                lengthen_context(subject.dialect),
                {"tokens": tokens, "truncates": True},
            )
            return
    facts = {"tokens": tokens}
    if measure_image_room(tokens) >= A4_TOKENS or (subject.context_tokens is None and tokens >= _PROBE_WORDS):
        yield Finding("context", "ok", f"the context holds {tokens:,} tokens", facts=facts)
        return
    message = (
        f"a context of {tokens:,} tokens does not hold an A4 page at 300 DPI, its question and its reply"
    )
    yield Finding("context", "problem", message, lengthen_context(subject.dialect), facts)


async def _probe_context(subject: Subject) -> tuple[int, bool]:
    """Tokens that a long text cost, and whether that is fewer than it has."""
    short = (await subject.ask(say(_fill(_FILLER_WORDS)))).usage.prompt_tokens
    none = (await subject.ask(say(_fill(1)))).usage.prompt_tokens
    long = (await subject.ask(say(_fill(_PROBE_WORDS)))).usage.prompt_tokens
    expected = none + (short - none) * _PROBE_WORDS / _FILLER_WORDS
    return long, 0 < long < 0.8 * expected


def _fill(words: int) -> str:
    """Text that no server has in its cache and no tokenizer shortens much."""
    return " ".join(f"{n * 7919 % 1000} words" for n in range(words // 2 + 1))
