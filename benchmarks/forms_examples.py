"""Training examples for the ranking of forms: labelled fields, and fields made of the forms' own labels.

A made field is what a user's own schema may hold: "Commission", "Print Date", "Cashier". Its alias is a
label that stands beside a value of the kind; right are the values that this label names. It is shown to
documents that have the label and to documents that lack it, where "absent" is right.
"""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from forms_data import SETS, Labelled, letters, load_set, matches
from numpy.typing import NDArray

from docai.extraction.forms.candidates import Candidate, Document
from docai.extraction.forms.features import Features, describe, find_candidates
from docai.extraction.forms.labels import LabelMatcher
from docai.extraction.forms.ranking import family_of
from docai.extraction.layout import build_layout
from docai.schema import Field
from docai.values.dates import guess_day_first

MADE = "made"
MADE_PER_KIND = 2
MADE_KINDS = ("date", "money", "identifier", "organization")


@dataclass(frozen=True)
class Example:
    """One field of one document: candidates' features, which are right, which touch the right ones."""

    stem: str
    set_name: str
    field: str
    kind: str
    group: str
    features: list[Features]
    right: NDArray[np.bool_]
    touching: NDArray[np.bool_]
    keys: list[str]
    present: bool
    matrix: NDArray[np.float64] | None = None


def read_examples(
    readings: Path, data: Path, only: str | None
) -> tuple[dict[str, list[Example]], dict[str, list[str]]]:
    """Examples and feature names of each family."""
    examples: dict[str, list[Example]] = defaultdict(list)
    for set_name in SETS:
        schema, documents = load_set(readings, data, set_name)
        fields = [f for f in schema.fields if f.group is None]
        groups = group_documents(set_name, documents)
        opened = [open_document(d) for d in documents]
        labels: dict[str, list[str]] = defaultdict(list)
        for labelled, group, document in zip(documents, groups, opened, strict=True):
            for family, example in _true_examples(set_name, labelled, group, document, fields, only):
                examples[family].append(example)
            for kind in MADE_KINDS:
                family = family_of(_made_field(kind, "x"))
                if only in (None, family):
                    own, labels[kind] = _made_examples(
                        set_name, labelled.stem, group, document, fields, kind, labels[kind]
                    )
                    examples[family].extend(own)
    columns = {
        f: sorted({n for e in found for row in e.features for n in row}) for f, found in examples.items()
    }
    return {f: [_with_matrix(e, columns[f]) for e in found] for f, found in examples.items()}, columns


def _with_matrix(example: Example, columns: list[str]) -> Example:
    matrix = np.array([[row.get(c, 0.0) for c in columns] for row in example.features], dtype=float)
    return replace(example, features=[], matrix=matrix.reshape(len(example.keys), len(columns)))


def open_document(labelled: Labelled) -> Document:
    layouts = [build_layout(page) for page in labelled.view.pages]
    return Document(layouts, guess_day_first(c.text for layout in layouts for c in layout.cells))


def _true_examples(
    set_name: str, labelled: Labelled, group: str, document: Document, fields: list[Field], only: str | None
) -> Iterator[tuple[str, Example]]:
    matcher = LabelMatcher(fields)
    for index, field in enumerate(fields):
        family = family_of(field)
        if field.name not in labelled.truth or family == "labelled" or only not in (None, family):
            continue
        truth = labelled.truth[field.name] or None
        candidates = find_candidates(document, matcher, field, index)
        features = describe(document, candidates, matcher, fields, index)
        right = [matches(field.kind, c.value, truth) for c in candidates]
        yield (
            family,
            _example(
                labelled.stem,
                set_name,
                field.name,
                field.kind,
                group,
                candidates,
                features,
                right,
                truth is not None,
            ),
        )


def _example(
    stem: str,
    set_name: str,
    name: str,
    kind: str,
    group: str,
    candidates: list[Candidate],
    features: list[Features],
    right: list[bool],
    present: bool,
) -> Example:
    words = {(c.page, w) for c, r in zip(candidates, right, strict=True) if r for w in c.words}
    touching = [any((c.page, w) in words for w in c.words) for c in candidates]
    keys = [c.key for c in candidates]
    return Example(
        stem,
        set_name,
        name,
        kind,
        group,
        features,
        np.array(right, bool),
        np.array(touching, bool),
        keys,
        present,
    )


def _made_field(kind: str, label: str) -> Field:
    return Field("/made", label, kind, "string", aliases=(label,))  # type: ignore[arg-type]


def _made_examples(
    set_name: str,
    stem: str,
    group: str,
    document: Document,
    fields: list[Field],
    kind: str,
    others: list[str],
) -> tuple[list[Example], list[str]]:
    """Fields of this document's own labels, and one of another document's that this one lacks."""
    schema_matcher = LabelMatcher(fields)
    blank = _made_field(kind, "made")
    candidates = find_candidates(
        document, schema_matcher if kind == "organization" else LabelMatcher([blank]), blank, 0
    )
    named = sorted({_label_of(c, kind) for c in candidates} - {""})
    picked = random.Random(stem + kind).sample(named, min(MADE_PER_KIND, len(named)))
    out = []
    for label in picked:
        out.append(_made_example(set_name, stem, group, document, fields, kind, label, True))
    words = set(schema_matcher.tokens(" ".join(named)))
    # A field called "date" takes a date without a label: only labels with a meaning of their own are missed.
    strange = [
        o
        for o in others
        if not set(schema_matcher.tokens(o)) & words
        and not LabelMatcher([_made_field(kind, o)]).is_generic(0)
    ]
    if strange:
        label = random.Random(stem + kind + "absent").choice(strange)
        out.append(_made_example(set_name, stem, group, document, fields, kind, label, False))
    return out, [*others[-20:], *picked]


def _label_of(candidate: Candidate, kind: str) -> str:
    """The label right beside a value, when there is one of fair size."""
    context = candidate.context
    label = (context.inline or context.left).strip(" :#.-")
    colon = (context.inline or context.left).rstrip().endswith(":")
    if kind == "organization" and (not colon or (candidate.start == 0 and context.inline)):
        return ""
    fair = 3 <= len(label) <= 28 and not any(ch.isdigit() for ch in label) and ":" not in label
    return label if fair else ""


def _made_example(
    set_name: str,
    stem: str,
    group: str,
    document: Document,
    fields: list[Field],
    kind: str,
    label: str,
    present: bool,
) -> Example:
    all_fields = [_made_field(kind, label), *fields]
    matcher = LabelMatcher(all_fields)
    candidates = find_candidates(document, matcher, all_fields[0], 0)
    features = describe(document, candidates, matcher, all_fields, 0)
    named = {c.key for c in candidates if _label_of(c, kind) == label}
    right = [present and c.key in named and c.end == len(c.cell.text.rstrip()) for c in candidates]
    if kind != "organization":
        right = [present and c.key in named for c in candidates]
    return _example(stem, set_name, MADE, kind, group, candidates, features, right, present)


def group_documents(set_name: str, documents: list[Labelled]) -> list[str]:
    """Documents of one shop or one layout share a group: same company, or label words alike."""
    groups: list[tuple[str, frozenset[str]]] = []
    out = []
    for labelled in documents:
        if set_name == "receipts":
            out.append("r:" + letters(labelled.truth.get("company"))[:8])
            continue
        words = frozenset(
            w.text.casefold().strip(":")
            for page in labelled.view.pages[:1]
            for w in page.words
            if w.text.strip(":").isalpha()
        )
        for name, known in groups:
            if len(words & known) / max(1, len(words | known)) > 0.4:
                out.append(name)
                break
        else:
            groups.append((f"{set_name}:{len(groups)}", words))
            out.append(groups[-1][0])
    return out
