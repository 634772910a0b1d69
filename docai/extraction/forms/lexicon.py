"""Words of forms in English, German, French and Malay, under one name each; they lie in `lexicon.json`.

`CONCEPTS` maps the words that labels are made of to a common name, so that an alias "invoice date" meets
"Rechnungsdatum" and "Date de facture". `CONTRAST` are the names that tell similar fields apart: a label
that carries one which the wanted field never uses speaks of another field.
"""

from __future__ import annotations

import json
from importlib.resources import files
from typing import Any

_DATA: dict[str, Any] = json.loads(
    files("docai.extraction.forms").joinpath("lexicon.json").read_text("utf-8")
)


def _words(name: str) -> frozenset[str]:
    return frozenset(_DATA[name].split())


# Where a word stands under two names the first counts.
CONCEPTS: dict[str, str] = {
    word: name for name, words in reversed(_DATA["concepts"].items()) for word in words.split()
}
CONCEPT_NAMES = frozenset(CONCEPTS.values())
# Endings of German compounds: "Rechnungsdatum" reads as "rechnung" and "datum".
COMPOUND_TAILS: tuple[str, ...] = tuple(_DATA["tails"].split())
STOP_WORDS = _words("stop")
CONTRAST: dict[str, frozenset[str]] = {
    kind: frozenset(words.split()) for kind, words in _DATA["contrast"].items()
}
# Labels that mean the same, for fields that come without aliases: the first stands for the field's name.
SAME_LABELS: tuple[tuple[str, ...], ...] = tuple(tuple(group) for group in _DATA["phrases"])
# A line with one of these is no name and no address line.
NOISE_WORDS = _words("noise")
# Words that shop and company names are made of.
BUSINESS_WORDS = _words("business")
