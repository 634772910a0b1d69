"""Which schema fits a document: by what its pages say, never by its name.

Each schema brings cue phrases (`x-docai-cues`) and the labels of its fields (`x-docai-aliases`). A cue
counts more the more words it has, the fewer schemas share it, and if it stands in the title zone. Whether a
page is running text or a form tells contracts from order forms that quote a contract's number.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from statistics import median

from docai.schema import Schema
from docai.types import Page, Word
from docai.values.calendar_words import strip_accents

# A document shows its kind on its first pages; reading on would let long annexes outvote them. A cover
# page shows too little: the front is as many pages as hold so many words.
_PAGES_READ = 4
_FRONT_WORDS = 80
_LATER_FACTOR = 0.4
_TITLE_ZONE = 0.35
_TITLE_WORDS = 14
_TITLE_FACTOR = 4.0
_ALIAS_WEIGHT = 0.25
_PROSE_BONUS = 0.35
# Evidence below which the answer is "none of them": two plain cues, or one where there are few words.
_MIN_EVIDENCE = 2.0
_MIN_EVIDENCE_PER_WORD = 0.05
# Kinds of fields that stand in running text, and those that stand in forms and tables.
_PROSE_KINDS = frozenset(("party", "duration", "place", "boolean", "title"))
_FORM_KINDS = frozenset(("money", "number", "integer", "percent", "currency", "identifier"))


_WORD = re.compile(r"[^\W_]+|#")


@dataclass(frozen=True, slots=True)
class _Cue:
    text: str
    weight: float


def choose_schema(pages: Sequence[Page], schemas: Sequence[Schema]) -> tuple[Schema, float] | None:
    """The schema whose cues the pages show, and a confidence 0..1; None if no schema shows enough.

    Deterministic; ties go to the schema that stands first.
    """
    scores = score_schemas(pages, schemas)
    ranked = sorted(range(len(schemas)), key=lambda i: (-scores[i], i))
    if not ranked:
        return None
    best, runner_up = scores[ranked[0]], scores[ranked[1]] if len(ranked) > 1 else 0.0
    words = sum(len(page.words) for page in pages[:_PAGES_READ])
    enough = min(_MIN_EVIDENCE, max(1.0, words * _MIN_EVIDENCE_PER_WORD))
    if best < enough:
        return None
    return schemas[ranked[0]], round(best / (best + runner_up + enough / 2), 3)


def score_schemas(pages: Sequence[Page], schemas: Sequence[Schema]) -> list[float]:
    """Evidence for each schema, in cues (0 = nothing speaks for it)."""
    front, later = _split_front([page for page in pages[:_PAGES_READ] if page.words])
    texts = (
        (_text(word for page in front[:1] for word in _title_words(page)), _TITLE_FACTOR),
        (_text(word for page in front for word in page.words), 1.0),
        (_text(word for page in later for word in page.words), _LATER_FACTOR),
    )
    prose = _prose_share(front)
    return [
        sum(cue.weight * _where(cue.text, texts) for cue in cues)
        * (1 + _PROSE_BONUS * _prose_fit(schema, prose))
        for schema, cues in zip(schemas, _weigh_cues(schemas), strict=True)
    ]


def _split_front(pages: Sequence[Page]) -> tuple[Sequence[Page], Sequence[Page]]:
    count = 0
    for i, page in enumerate(pages):
        count += len(page.words)
        if count >= _FRONT_WORDS:
            return pages[: i + 1], pages[i + 1 :]
    return pages, ()


def _where(phrase: str, texts: Sequence[tuple[str, float]]) -> float:
    """The factor of the first text (most telling first) that holds the phrase; 0 if none does."""
    return next((factor for text, factor in texts if phrase in text), 0.0)


def _weigh_cues(schemas: Sequence[Schema]) -> list[list[_Cue]]:
    phrases = [_phrases(schema) for schema in schemas]
    owners = Counter(phrase for own in phrases for phrase in own)
    return [
        [
            _Cue(phrase, weight * (1 + 0.5 * phrase.strip().count(" ")) / owners[phrase] ** 1.5)
            for phrase, weight in own.items()
        ]
        for own in phrases
    ]


def _phrases(schema: Schema) -> dict[str, float]:
    aliases = {_fold_phrase(alias): _ALIAS_WEIGHT for field in schema.fields for alias in field.aliases}
    cues = {_fold_phrase(cue): 1.0 for cue in (*schema.cues, schema.title)}
    return {phrase: weight for phrase, weight in (aliases | cues).items() if phrase.strip()}


def _fold(text: str) -> str:
    """Folded words between single spaces: ` total ht ` is found in ` … total ht 12 … `, not inside a word."""
    folded = text.casefold()
    if not folded.isascii():
        folded = strip_accents(folded)
    return f" {' '.join(_WORD.findall(folded))} "


# Phrases are few and asked for every document; page texts are long and asked once.
_fold_phrase = lru_cache(maxsize=4096)(_fold)


def _text(words: Iterable[Word]) -> str:
    return _fold(" ".join(word.text for word in words))


def _title_words(page: Page) -> list[Word]:
    """Words of the upper part that are larger than the page's text, or its first words if none is."""
    height = page.width_pt if page.turned % 180 else page.height_pt
    if page.turned == 0:
        upper = [word for word in page.words if word.box.y0 < height * _TITLE_ZONE]
    else:
        upper = list(page.words[: max(_TITLE_WORDS, len(page.words) // 4)])
    size = median(_size(word, page) for word in page.words)
    large = [word for word in upper if _size(word, page) > 1.3 * size]
    return large[:_TITLE_WORDS] or upper[:_TITLE_WORDS]


def _size(word: Word, page: Page) -> float:
    return word.box.x1 - word.box.x0 if page.turned % 180 else word.box.y1 - word.box.y0


def _prose_share(pages: Sequence[Page]) -> float:
    """Share of words in long lines without digits to speak of: near 1 for contracts, near 0 for forms."""
    lines: Counter[tuple[int, int]] = Counter()
    digits: Counter[tuple[int, int]] = Counter()
    for page in pages:
        for word in page.words:
            key = (page.number, word.line)
            lines[key] += 1
            digits[key] += any(c.isdigit() for c in word.text)
    total = sum(lines.values())
    long = sum(count for key, count in lines.items() if count >= 8 and digits[key] <= count * 0.25)
    return long / total if total else 0.0


def _prose_fit(schema: Schema, prose: float) -> float:
    """-1..1: how well running text (or its absence) suits the kinds of this schema's fields."""
    in_prose = sum(field.kind in _PROSE_KINDS for field in schema.fields)
    in_forms = sum(field.kind in _FORM_KINDS for field in schema.fields)
    if in_prose + in_forms == 0:
        return 0.0
    leaning = (in_prose - in_forms) / (in_prose + in_forms)
    return leaning * (2 * prose - 1)
