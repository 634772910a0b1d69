"""F1 of form-like documents, field by field.

    python benchmarks/forms.py READINGS DATA [--set receipts] [--errors FIELD] [--rename | --bare]

READINGS holds pickled `list[Page]` as `<set>/<stem>.pkl`, DATA the sets. Strings count by letters and
digits with case folded, dates and amounts by value, rows as sets; a value given where there is none costs
precision. --rename
gives every field a name without meaning and keeps kind and aliases: what the names alone contribute is lost.
--bare keeps names and kinds and drops all aliases, as a schema that somebody jots down has it.
The weights were fitted on these documents: `fit_forms.py` prints the five-fold figures.
"""

from __future__ import annotations

import argparse
import time
from collections import defaultdict
from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any

from forms_data import SETS, Labelled, f1, letters, load_set, matches, rows_of

from docai.extraction.forms import extract_forms
from docai.schema import Schema
from docai.types import Claim
from docai.values.compare import as_decimal

Row = tuple[str, ...]


def rename_fields(schema: Schema) -> Schema:
    """The same schema with names that say nothing."""
    fields = tuple(replace(f, name=f"q{k}", description="") for k, f in enumerate(schema.fields))
    return replace(schema, fields=fields)


def bare_fields(schema: Schema) -> Schema:
    """The same schema without aliases."""
    return replace(schema, fields=tuple(replace(f, aliases=(), description="") for f in schema.fields))


def measure(
    schema: Schema,
    documents: list[Labelled],
    errors: str | None,
    change: Callable[[Schema], Schema] | None = None,
) -> dict[str, float]:
    """F1 of every labelled field; rows of lists as `line_items`."""
    used = change(schema) if change else schema
    counts: dict[str, list[int]] = defaultdict(lambda: [0, 0, 0])
    for labelled in documents:
        claims = extract_forms(labelled.view, used, used.fields)
        best: dict[str, Claim] = {}
        for claim in claims:
            best.setdefault(claim.path, claim)
        for field in schema.fields:
            if field.group is not None or field.name not in labelled.truth:
                continue
            truth = labelled.truth[field.name] or None
            claim_found = best.get(field.path)
            value = claim_found.value if claim_found else None
            right = matches(field.kind, value, truth)
            row = counts[field.name]
            row[0] += right
            row[1] += value is not None
            row[2] += truth is not None
            if errors == field.name and not right and (value is not None or truth is not None):
                score = claim_found.score if claim_found else None
                print(f"    {labelled.stem}: {value!r} ({score}) for {truth!r}")
        _count_rows(schema, labelled, claims, counts, errors)
    return {name: f1(*row) for name, row in counts.items()}


def _count_rows(
    schema: Schema, labelled: Labelled, claims: list[Claim], counts: dict[str, list[int]], errors: str | None
) -> None:
    names = [f.name for f in schema.fields if f.group is not None]
    if not names or "line_items" not in labelled.truth:
        return
    found: dict[str, dict[str, Any]] = defaultdict(dict)
    for claim in claims:
        parts = claim.path.split("/")
        if len(parts) == 4:
            found[parts[2]].setdefault(parts[3], claim.value)
    given = [_row(row, names) for row in found.values()]
    truth = [_row(row, names) for row in rows_of(labelled.truth)]
    rest = list(truth)
    right = 0
    for row in given:
        if row in rest:
            rest.remove(row)
            right += 1
        elif errors == "line_items":
            print(f"    {labelled.stem}: {row}")
    if errors == "line_items" and rest:
        print(f"    {labelled.stem}: missed {rest}")
    line = counts["line_items"]
    line[0] += right
    line[1] += len(given)
    line[2] += len(truth)


def _row(row: dict[str, Any], names: list[str]) -> Row:
    out = []
    for name in names:
        value = row.get(name)
        number = (
            as_decimal(value if isinstance(value, Decimal) else str(value)) if value is not None else None
        )
        numeric = name != names[0]
        out.append(
            ""
            if value is None
            else f"{number.normalize():f}"
            if numeric and number is not None
            else letters(value)
        )
    return tuple(out)


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("readings", type=Path)
    parser.add_argument("data", type=Path)
    parser.add_argument("--set", choices=sorted(SETS))
    parser.add_argument("--errors", metavar="FIELD")
    parser.add_argument("--rename", dest="change", action="store_const", const=rename_fields)
    parser.add_argument("--bare", dest="change", action="store_const", const=bare_fields)
    arguments = parser.parse_args()
    for name in [arguments.set] if arguments.set else SETS:
        schema, documents = load_set(arguments.readings, arguments.data, name)
        started = time.process_time()
        scores = measure(schema, documents, arguments.errors, arguments.change)
        pages = sum(len(d.view.pages) for d in documents)
        spent = (time.process_time() - started) / max(1, pages)
        print(f"{name}: {len(documents)} documents, {pages} pages, {spent:.3f} CPU-s a page")
        for field, value in scores.items():
            print(f"  {field:16} {value:.3f}")
        header = [v for k, v in scores.items() if k != "line_items"]
        print(f"  {'mean':16} {sum(header) / max(1, len(header)):.3f}")


if __name__ == "__main__":
    main()
