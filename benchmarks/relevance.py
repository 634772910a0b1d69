"""`--pages relevant` on the contracts: pages sent, and labelled fields one of whose evidence pages was sent.

usage: python benchmarks/relevance.py READINGS
READINGS holds each contract's words as a pickled `list[Page]`: scans/<stem>.pkl, digital/<stem>.pkl
"""

from __future__ import annotations

import json
import pickle
import sys
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

from docai.extraction.extractive import ExtractiveEngine
from docai.extraction.vlm.relevance import find_relevant
from docai.schema import load_schema
from docai.types import Document, DocumentView, Page

DATA = Path(__file__).resolve().parents[1] / "../shared/data/contracts"


def load_cases(readings: Path) -> Iterator[tuple[tuple[Page, ...], list[set[int]]]]:
    """Pages of each contract, and the evidence pages of each field that has any."""
    for line in (DATA / "labels.jsonl").read_text(encoding="utf-8").splitlines():
        label: dict[str, Any] = json.loads(line)
        path = readings / Path(label["file"]).with_suffix(".pkl")
        pages = tuple(replace(page, reader=page.reader or "read") for page in pickle.loads(path.read_bytes()))
        evidence = list(label["evidence"].values())
        evidence += [clause["evidence"] for clause in label["clauses"].values() if clause["present"]]
        needed = [{number for passage in passages for number in passage["pages"]} for passages in evidence]
        yield pages, [numbers for numbers in needed if numbers]


def cover_least(needed: list[set[int]]) -> int:
    """The fewest pages (by greedy choice) that hold a passage for each field: what nobody can undercut."""
    left, count = list(needed), 0
    while left:
        best = Counter(number for numbers in left for number in numbers).most_common(1)[0][0]
        left = [numbers for numbers in left if best not in numbers]
        count += 1
    return count


def main() -> None:
    schema, engine = load_schema("contract"), ExtractiveEngine()
    sent = pages_all = least = hit = fields = 0
    for pages, needed in load_cases(Path(sys.argv[1])):
        view = DocumentView(Document("benchmark", "benchmark", "application/pdf", len(pages)), pages)
        chosen = find_relevant(pages, engine.extract(view, schema), schema)
        sent, pages_all, least = sent + len(chosen), pages_all + len(pages), least + cover_least(needed)
        hit, fields = hit + sum(bool(numbers & chosen) for numbers in needed), fields + len(needed)
    print(
        f"| pages sent of {pages_all} / least possible | {sent / pages_all:.3f} / {least / pages_all:.3f} |"
    )
    print(f"| fields of {fields} with an evidence page sent | {hit / fields:.3f} |")


if __name__ == "__main__":
    main()
