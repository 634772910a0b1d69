"""Which language a text is in, by its function words; None where too few stand in it to tell."""

from __future__ import annotations

import re
from collections import Counter

from docai.answering.wordlists import load_languages

_OWNERS: dict[str, tuple[str, ...]] = {}
for _language, _words in load_languages().items():
    for _word in _words:
        _OWNERS[_word] = (*_OWNERS.get(_word, ()), _language)
_TOKEN = re.compile(r"[^\W\d_]+")
_LEAST_VOTES = 2.0


def guess_language(text: str, *, least_votes: float = _LEAST_VOTES) -> str | None:
    """The language whose function words a text has most of; words that languages share count in parts."""
    votes: Counter[str] = Counter()
    for match in _TOKEN.finditer(text):
        owners = _OWNERS.get(match.group().lower(), ())
        for language in owners:
            votes[language] += 1 / len(owners)  # type: ignore[assignment]  # parts of votes
    ranked = votes.most_common(2)
    if not ranked or ranked[0][1] < least_votes:
        return None
    if len(ranked) > 1 and ranked[0][1] < 1.5 * ranked[1][1]:
        return None
    return ranked[0][0]
