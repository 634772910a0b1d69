"""Numbers that describe a candidate for a field, without ever naming the field."""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Callable, Sequence

from docai.extraction.forms.amounts import amount_facts
from docai.extraction.forms.candidates import Candidate, Document
from docai.extraction.forms.choices import find_choices
from docai.extraction.forms.codes import find_short_codes
from docai.extraction.forms.contexts import Context
from docai.extraction.forms.labels import LabelMatcher
from docai.extraction.forms.lines import LineJudge
from docai.extraction.forms.name_facts import name_facts
from docai.extraction.forms.names import find_names
from docai.extraction.forms.places import address_facts, find_addresses
from docai.schema import Field

Features = dict[str, float]
PARTY_KINDS = frozenset({"organization", "person", "party"})
# Rows with words on the first page among which a name may stand without a label.
HEAD_ROWS = 40
UNNAMED_KINDS = PARTY_KINDS | {"address"}
TEXT_KINDS = frozenset({"text", "title", "place"})
# Words of labels that introduce a name without saying whose.
_NAME_WORDS = frozenset({"name", "company", "contact", "firm"})
_CROSSED = (
    "names_value",
    "suffix",
    "business",
    "caps",
    "lower_start",
    "digits",
    "noise",
    "address_like",
    "address_below",
    "short",
    "one_word",
    "long",
    "tall",
    "row_rank",
    "first_row",
    "centred",
    "alone",
    "two_lines",
    "colon",
    "trimmed",
    "bracket_number",
    "after_label",
    "concepts",
    "salutation",
    "after_salutation",
    "sender_line",
    "below_sender",
    "y",
    "x",
    "top",
    "page_first",
    "occurs",
    "order",
)
_LABELLED = (
    "names_value",
    "suffix",
    "digits_square",
    "noise",
    "address_like",
    "address_below",
    "short",
    "long",
    "two_lines",
    "colon",
    "trimmed",
    "bracket_number",
    "after_label",
    "bare_label",
    "concepts",
    "salutation",
    "after_salutation",
    "lower_start",
    "one_word",
    "page_first",
    "occurs",
    "order",
)
_TIME = re.compile(r"^\W{0,3}\d{1,2}[:.]\d{2}")


def find_candidates(document: Document, matcher: LabelMatcher, field: Field, index: int) -> list[Candidate]:
    """All values of the field's kind in the document."""
    if field.kind == "address":
        return find_addresses(document)
    if field.kind in PARTY_KINDS or field.kind in TEXT_KINDS:
        names = find_names(document, matcher, index)
        return [c for c in names if _may_name(document, c, matcher, index)]
    if field.kind in ("enum", "boolean"):
        return find_choices(document, field)
    if field.kind == "identifier":
        kind = "tax_number" if "tax" in matcher.own_words(index) else "identifier"
        return [*document.typed(kind), *find_short_codes(document, matcher, index)]
    return document.typed("number" if field.kind == "integer" else field.kind)


def _may_name(document: Document, candidate: Candidate, matcher: LabelMatcher, index: int) -> bool:
    """Whether a label speaks for a name, or it stands where letterheads and address fields are."""
    if candidate.page == 0 and document.ranks[0][candidate.cell.row] <= HEAD_ROWS:
        return True
    texts = (*candidate.context.labels(), candidate.context.section)
    return any(matcher.match(text, index).f1 > 0 for text in texts if text)


def describe(
    document: Document,
    candidates: Sequence[Candidate],
    matcher: LabelMatcher,
    fields: Sequence[Field],
    index: int,
) -> list[Features]:
    """Features of each candidate for the field at `index`: its labels, its place, its kind's own facts."""
    field = fields[index]
    counts = Counter(c.key for c in candidates)
    facts = amount_facts(candidates) if field.kind in ("money", "number", "integer") else None
    stacked = _stacks(candidates) if field.kind in ("date", "money", "number", "integer") else None
    wanted_part = matcher.polarity(index)
    role = _role(matcher, field, index)
    out = []
    for k, candidate in enumerate(candidates):
        features = _label_features(candidate, matcher, index)
        features |= _place_features(document, candidate, k, len(candidates), counts)
        if facts is not None:
            features |= {f"{role}_{name}": value for name, value in facts[k].items()}
        if stacked is not None:
            features["stacked"] = stacked[k]
        if field.kind in UNNAMED_KINDS:
            # Documents print names and addresses without saying so.
            for name in ("unheard", "specific", "specific_label", "specific_exact"):
                del features[name]
        if field.kind == "date":
            features |= _date_features(candidate, wanted_part)
        elif field.kind == "identifier":
            features |= _code_features(candidate, document.judge)
        elif field.kind == "address":
            features |= _kept_facts(candidate, document, address_facts)
        elif field.kind in PARTY_KINDS or field.kind in TEXT_KINDS:
            facts_here = _kept_facts(candidate, document, name_facts) | {
                name: features.pop(name) for name in ("y", "x", "top", "page_first", "occurs", "order")
            }
            features |= _party_features(facts_here, features, candidate.context, matcher, role)
            features["is_label"] = 0.0 if facts_here["suffix"] else matcher.best(candidate.text) ** 2
            for name in ("is_first", "is_last", "page_last", "height"):
                del features[name]
        features["bias"] = 1.0
        out.append(features)
    return out


def _kept_facts(
    candidate: Candidate, document: Document, make: Callable[[Candidate, Document], Features]
) -> Features:
    """A candidate's facts, made once for all fields that may want it."""
    key = (make, candidate.page, tuple(c.index for c in candidate.cells), candidate.start, candidate.end)
    found = document.facts.get(key)
    if found is None:
        found = document.facts[key] = make(candidate, document)
    return found


def _label_features(candidate: Candidate, matcher: LabelMatcher, index: int) -> Features:
    context = candidate.context
    labels = context.labels()
    matches = [matcher.match(text, index) for text in labels]
    # A column's header speaks less surely the further above it stands.
    reach = (1.0, 1.0, max(0.5, 1.0 - 0.05 * context.above_gap))
    worth = [r * max(0.0, m.f1 - 0.3 * m.contrast) for r, m in zip(reach, matches, strict=True)]
    nearest = next((k for k, text in enumerate(labels) if matcher.tokens(text)), None)
    label = labels[nearest] if nearest is not None else ""
    near = matches[nearest] if nearest is not None else matches[0]
    section = matcher.match(context.section, index)
    demanded = matcher.demands(index)
    heard = {w for text in (*labels, context.section) for w in matcher.tokens(text)}
    return {
        "unheard": float(bool(demanded) and not demanded & heard),
        # A field that goes by a label of its own stands or falls with it.
        "specific": float(not matcher.is_generic(index)),
        "specific_label": 0.0 if matcher.is_generic(index) else max(worth),
        "specific_exact": float(not matcher.is_generic(index) and max(worth) >= 0.9),
        "label": max(worth),
        "label_exact": float(max(worth) >= 0.9),
        "beside": max(worth[:2]),
        "near": worth[nearest] if nearest is not None else 0.0,
        "near_contrast": min(2.0, float(near.contrast)),
        "other": max(0.0, matcher.best_other(label, index) - near.f1) if label else 0.0,
        "unlabelled": float(nearest is None),
        "label_colon": float(label.rstrip().endswith((":", "#"))),
        "label_long": max(0.0, len(label) - 30) / 60,
        "section_f1": section.f1,
        "section_contrast": min(2.0, float(section.contrast)),
        "section_other": max(0.0, matcher.best_other(context.section, index) - section.f1),
        "right": matcher.match(context.right, index).f1 if context.right else 0.0,
    }


def _place_features(
    document: Document, candidate: Candidate, k: int, count: int, counts: Counter[str]
) -> Features:
    layout = document.layouts[candidate.page]
    box = candidate.cell.box
    last = len(document.layouts) - 1
    return {
        "y": box.y0 / max(1.0, layout.height),
        "top": float(box.y0 < 0.2 * layout.height),
        "x": box.x0 / max(1.0, layout.width),
        "page_first": float(candidate.page == 0),
        "page_last": float(candidate.page == last),
        "order": k / count,
        "is_first": float(k == 0),
        "is_last": float(k == count - 1),
        "occurs": math.log(min(8, counts[candidate.key])),
        "height": min(2.0, candidate.cell.height / max(0.1, layout.line_height)) - 1.0,
    }


def _stacks(candidates: Sequence[Candidate]) -> list[float]:
    """How many values of the kind stand in the same column under the same header, as a logarithm."""
    columns: Counter[tuple[int, int, str]] = Counter()
    keys = []
    for candidate in candidates:
        key = (candidate.page, round(candidate.cell.box.x1 / 12), candidate.context.above)
        keys.append(key)
        columns[key] += 1
    return [math.log(min(12, columns[key])) for key in keys]


def _date_features(candidate: Candidate, wanted: int) -> Features:
    part = candidate.part
    return {
        "range_agrees": float(wanted != 0 and part == wanted),
        "range_differs": float(wanted != 0 and part not in (0, wanted)),
        "range_missing": float(wanted != 0 and part == 0),
        "range_unwanted": float(wanted == 0 and part != 0),
        "time_follows": float(bool(_TIME.match(candidate.context.right))),
        "in_prose": float(len(candidate.cell.text) > 60),
    }


def _code_features(candidate: Candidate, judge: LineJudge) -> Features:
    text = candidate.text
    digits = sum(ch.isdigit() for ch in text)
    letters = sum(ch.isalpha() for ch in text)
    return {
        "length": min(16, len(text)) / 16,
        "short": float(len(text) < 4),
        "letters": letters / max(1, len(text)),
        "digits": digits / max(1, len(text)),
        "upper": float(text.upper() == text),
        "in_address": float(judge.address(candidate.cell.text) > 0.5),
        "in_prose": float(len(candidate.cell.text) > 60),
        "long_digits": float(digits >= 11),
    }


def _party_features(
    facts: Features, labels: Features, context: Context, matcher: LabelMatcher, role: str
) -> Features:
    """A name's facts mean one thing beside a label and another where it stands free; both are told apart.

    At the head of a page stands who issues the document (`free_`), in its address field who receives
    it (`to_`).
    """
    near = next((text for text in context.labels() if matcher.tokens(text)), "")
    named = bool(near) and set(matcher.tokens(near)) <= _NAME_WORDS
    section = labels["section_f1"] * (1.0 if named or not near else 0.5)
    labelled = max(0.0, min(1.0, max(labels["label"], section)))
    out = {
        "label_name": float(named),
        "label_foreign": float(bool(near) and not named and labels["near"] < 0.3),
        "section_ok": section,
        "section_name": section * float(named),
        "section_gap": section * min(8, context.section_gap) / 8,
        f"{role}": 1.0 - labelled,
    }
    for name in _CROSSED:
        out[f"{role}_{name}"] = facts[name] * (1.0 - labelled)
    for name in _LABELLED:
        out[f"lab_{name}"] = facts[name] * labelled
    return out


def _role(matcher: LabelMatcher, field: Field, index: int) -> str:
    """What a field wants of a document: the part of a party or of an amount that it names."""
    return _party_role(matcher, index) if field.kind in PARTY_KINDS else amount_role(matcher, index)


def amount_role(matcher: LabelMatcher, index: int) -> str:
    """Whether most of an amount's labels speak of a tax, of a sum without tax, or of neither."""
    phrases = matcher.phrases(index)
    tax = sum("tax" in p and not p & {"inclusive", "exclusive"} for p in phrases)
    net = sum(bool(p & {"net", "sub", "exclusive"}) for p in phrases)
    if 2 * tax > len(phrases):
        return "tax"
    return "net" if 2 * net > len(phrases) else "sum"


def _party_role(matcher: LabelMatcher, index: int) -> str:
    """Whether a field names who receives a document ("to") or who issues it or anyone else ("free")."""
    own = matcher.own_words(index)
    return "to" if own & {"buyer", "recipient"} and not own & {"seller", "company"} else "free"
