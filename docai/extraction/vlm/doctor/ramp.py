"""How many requests are worked on at once: twice as many until that gains nothing."""

from __future__ import annotations

import asyncio
import secrets
import time
from collections.abc import AsyncIterator

from docai.errors import DocaiError
from docai.extraction.vlm.doctor.findings import Finding
from docai.extraction.vlm.doctor.remedies import allow_parallel
from docai.extraction.vlm.doctor.string_page import choose_tile_size, draw_string_page
from docai.extraction.vlm.doctor.subject import READ, Subject
from docai.llm.chat import ChatRequest, ImagePart, Message

MOST_AT_ONCE = 32
_GAIN = 1.3
"""Twice as many requests in the same time would be 2; a server that lets them queue has about 1."""
_LONGEST_S = 20.0
_REPLY_TOKENS = 48


async def check_parallel(subject: Subject) -> AsyncIterator[Finding]:
    """The number of image requests up to which more at once are more a second. Ends after some seconds,
    whatever it knows by then."""
    await _measure(subject, 1)  # what is compiled or loaded at a first request counts for none
    rates: dict[int, float] = {}
    count, best, started_s = 1, 1, time.monotonic()
    trouble: DocaiError | None = None
    while count <= MOST_AT_ONCE:
        try:
            rates[count] = await _measure(subject, count)
        except DocaiError as error:
            trouble = error
            break
        if count > 1 and rates[count] < _GAIN * rates[best]:
            break
        best = count
        if time.monotonic() - started_s > _LONGEST_S:
            break
        count *= 2
    facts = {"at_once": best, "requests_a_second": {str(n): round(rate, 2) for n, rate in rates.items()}}
    if trouble is not None and not rates:
        raise trouble
    message = (
        f"{best} requests at once, {rates[best]:.1f} a second (one image, {_REPLY_TOKENS} tokens of reply)"
    )
    if trouble is not None:
        message += f"; at {count} the server gave up: {trouble.message}"
    if best == 1 or trouble is not None:
        yield Finding("parallel", "note", message, allow_parallel(subject.dialect), facts)
    else:
        more = " or more" if best == MOST_AT_ONCE else ""
        yield Finding("parallel", "ok", message.replace(" requests", f"{more} requests", 1), facts=facts)


async def _measure(subject: Subject, count: int) -> float:
    """Replies a second of so many requests sent together."""
    page = draw_string_page(*choose_tile_size(subject.profile))
    # Another beginning for each, or the server's prefix cache would answer.
    requests = [
        ChatRequest(
            (Message("user", (f"Request {secrets.token_hex(6)}.", ImagePart(page.data), READ)),),
            max_tokens=_REPLY_TOKENS,
        )
        for _ in range(count)
    ]
    started_s = time.perf_counter()
    await asyncio.gather(*(subject.ask(request) for request in requests))
    return count / (time.perf_counter() - started_s)
