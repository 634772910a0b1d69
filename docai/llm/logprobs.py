"""How sure a model was of one value: the logarithmic probabilities of the value's own tokens.

Under a schema the grammar forces many tokens (quotes, keys, the rest of an enum once it is decided), and
these score near 0 whatever the page says. They tell nothing, so they do not count. Nor does a token that
closes a text and goes on behind it (`"},{"`): it tells whether another item follows.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from dataclasses import dataclass

from docai.llm.chat import TokenLogprob

FORCED_LOGPROB = -1e-4
"""Above this a token was forced, or as good as: exp(-0.0001) is .9999."""


@dataclass(frozen=True, slots=True)
class SpanLogprob:
    """`total` and `lowest` over the free tokens of a span; `free_tokens` may be 0, then both are 0."""

    total: float
    lowest: float
    free_tokens: int


class TokenIndex:
    """A reply's tokens by their place in its text."""

    def __init__(self, text: str, tokens: Sequence[TokenLogprob]) -> None:
        self._text = text
        self._tokens = tokens
        self._ends: list[int] = []
        end = 0
        for token in tokens:
            end += len(token.data)
            self._ends.append(end)
        self._ascii = text.isascii()

    def measure(self, start: int, end: int) -> SpanLogprob:
        """Characters `start`..`end` of the text. A token that reaches over a border counts in full, but for
        one that has no more of the span than its closing quotation mark.
        """
        first, last = self._byte(start), self._byte(end)
        begin = bisect_right(self._ends, first)
        stop = bisect_left(self._ends, last) + 1
        if self._text[end - 1] == '"' and stop - 1 > begin and self._goes_on(stop - 1, last):
            stop -= 1
        free = [t.logprob for t in self._tokens[begin:stop] if t.logprob < FORCED_LOGPROB]
        return SpanLogprob(sum(free), min(free), len(free)) if free else SpanLogprob(0.0, 0.0, 0)

    def _goes_on(self, at: int, end: int) -> bool:
        """Whether a token begins with the last byte before `end` and goes on behind it."""
        return at < len(self._ends) and self._ends[at - 1] == end - 1 and self._ends[at] > end

    def _byte(self, index: int) -> int:
        return index if self._ascii else len(self._text[:index].encode())
