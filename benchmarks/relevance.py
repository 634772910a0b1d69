"""`--pages relevant` on the contracts: pages sent, and labelled fields one of whose evidence pages was sent.

usage: python benchmarks/relevance.py READINGS
READINGS holds each contract's words as a pickled `list[Page]`: scans/<stem>.pkl, digital/<stem>.pkl
"""

from __future__ import annotations

import json
import pickle
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from docai.extraction.extractive import ExtractiveEngine
from docai.extraction.vlm.relevance import find_relevant
from docai.schema import Schema, load_schema, template
from docai.types import Claim, Document, DocumentView, Page

DATA = Path(__file__).resolve().parents[1] / "../shared/data/contracts"


@dataclass(frozen=True, slots=True)
class Case:
    """A contract, what the embedded engine says of it, and the evidence pages of each field that has any."""

    pages: tuple[Page, ...]
    claims: tuple[Claim, ...]
    needed: tuple[set[int], ...]


def load_cases(readings: Path, schema: Schema) -> Iterator[Case]:
    engine = ExtractiveEngine()
    for line in (DATA / "labels.jsonl").read_text(encoding="utf-8").splitlines():
        label: dict[str, Any] = json.loads(line)
        path = readings / Path(label["file"]).with_suffix(".pkl")
        pages = tuple(replace(page, reader=page.reader or "read") for page in pickle.loads(path.read_bytes()))
        evidence = list(label["evidence"].values())
        evidence += [clause["evidence"] for clause in label["clauses"].values() if clause["present"]]
        needed = [{number for passage in passages for number in passage["pages"]} for passages in evidence]
        view = DocumentView(Document("benchmark", "benchmark", "application/pdf", len(pages)), pages)
        yield Case(
            pages, tuple(engine.extract(view, schema)), tuple(numbers for numbers in needed if numbers)
        )


def cover_least(cases: Sequence[Case], share: float, sent: Sequence[set[int]]) -> int:
    """The fewest pages (by greedy choice) that hold a passage for this share of all fields: what nobody can
    undercut who does not know the evidence. `sent`: each contract's pages that are sent whatever they hold.
    """
    labelled = [(n, numbers) for n, case in enumerate(cases) for numbers in case.needed]
    left = [(n, numbers) for n, numbers in labelled if not numbers & sent[n]]
    allowed = (1 - share) * len(labelled)
    count = sum(map(len, sent))
    while len(left) > allowed:
        wanted = Counter((n, number) for n, numbers in left for number in numbers)
        document, page = wanted.most_common(1)[0][0]
        left = [(n, numbers) for n, numbers in left if n != document or page not in numbers]
        count += 1
    return count


def list_row_pages(case: Case, schema: Schema) -> set[int]:
    """Pages with a table's row (of signatures): always sent."""
    rows = {field.path for field in schema.fields if field.group is not None}
    return {c.page for c in case.claims if template(c.path) in rows and c.value is not False}


def measure(cases: Sequence[Case], schema: Schema) -> str:
    """`pages sent / fields whose page was sent`, as shares."""
    sent = pages = hit = fields = 0
    for case in cases:
        chosen = find_relevant(case.pages, case.claims, schema)
        sent, pages = sent + len(chosen), pages + len(case.pages)
        hit, fields = hit + sum(bool(numbers & chosen) for numbers in case.needed), fields + len(case.needed)
    return f"{sent / pages:.1%} / {hit / fields:.1%}"


def main() -> None:
    schema = load_schema("contract")
    singles = replace(schema, fields=tuple(f for f in schema.fields if f.group is None))
    cases = list(load_cases(Path(sys.argv[1]), schema))
    pages = sum(len(case.pages) for case in cases)
    print("| pages sent / fields whose page was sent | all | every other document | the others |")
    print("|---|---|---|---|")
    for name, asked in (
        ("the shipped schema", schema),
        ("without its signatures, which CUAD does not label", singles),
    ):
        figures = (measure(part, asked) for part in (cases, cases[::2], cases[1::2]))
        print(f"| {name} | {' | '.join(figures)} |")
    print("\nfewest pages that hold the evidence, evidence known:")
    rows = [list_row_pages(case, schema) for case in cases]
    for name, sent in (("", [set[int]() for _ in cases]), (", pages with signatures sent too", rows)):
        least = (f"{cover_least(cases, share, sent) / pages:.1%} / {share:.0%}" for share in (1.0, 0.98))
        print(f"{', '.join(least)}{name}")


if __name__ == "__main__":
    main()
