"""Contracts: F1 of every field of the embedded engine against the labels, scans and digital apart.

    python benchmarks/contracts.py READINGS DATA [--renamed] [--claims] [--show FIELD]

READINGS: folder with `digital/*.pkl` and `scans/*.pkl`, each a pickled `list[docai.types.Page]`.
DATA: the folder `contracts` with `labels.jsonl`. `--renamed` asks with a schema of other names for the same
things, described in plain words; `--claims` scores what the engine claims, not what was proved of it.
A value given where there is none costs precision; strings count by letters and digits, dates and periods by
value, parties as sets. Nothing here was fitted by a solver: weights were written by hand and looked at on
these documents, so that other documents will score lower.
"""

from __future__ import annotations

import argparse
import json
import pickle
import time
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from docai.extraction.extractive import ExtractiveEngine
from docai.extraction.merge import merge_claims
from docai.schema import Schema, load_schema
from docai.types import Document, DocumentView, Scalar
from docai.values.compare import fold, same_value

KINDS = {
    "document_title": "title",
    "parties": "party",
    "agreement_date": "date",
    "effective_date": "date",
    "expiration_date": "date",
    "renewal_term": "duration",
    "notice_period_to_terminate_renewal": "duration",
    "governing_law": "text",
}
FLAGS = {
    "exclusivity": "Exclusivity",
    "non_compete": "Non-Compete",
    "anti_assignment": "Anti-Assignment",
    "cap_on_liability": "Cap On Liability",
    "audit_rights": "Audit Rights",
    "insurance": "Insurance",
    "termination_for_convenience": "Termination For Convenience",
    "license_grant": "License Grant",
}
# Other names for the same things: (name, JSON type or kind, what one would write beside it).
RENAMED_FIELDS = (
    ("heading_of_paper", "title", "What the paper calls itself"),
    ("counterparties", "party", "Everybody who is bound by this deal"),
    ("signed_on", "date", "The day on which they concluded the deal"),
    ("beginning", "date", "The day from which the deal is in force"),
    ("last_day", "date", "When the first period of the deal ends"),
    ("rollover", "duration", "For how long the deal is extended each time"),
    ("cancel_before", "duration", "How early one must give notice so that the deal is not renewed"),
    ("law_that_applies", "place", "The state or country whose law applies"),
    ("only_with_us", "boolean", "One side deals exclusively with the other"),
    ("no_rivalry", "boolean", "One side must not compete with the other"),
    ("stays_with_signers", "boolean", "The deal may not be assigned without consent"),
    ("ceiling_of_damages", "boolean", "Liability is limited to an amount"),
    ("look_into_books", "boolean", "One side may inspect the records of the other"),
    ("must_be_insured", "boolean", "One side must carry insurance"),
    ("free_exit", "boolean", "One side may terminate without cause"),
    ("may_use_rights", "boolean", "One side grants the other a license"),
)
SAME = dict(zip([*KINDS, *FLAGS], (name for name, _, _ in RENAMED_FIELDS), strict=True))


def rename_schema() -> dict[str, Any]:
    """A user's own schema for the same things."""
    properties: dict[str, Any] = {}
    for name, kind, description in RENAMED_FIELDS:
        item: dict[str, Any] = {"type": "boolean"} if kind == "boolean" else {"type": "string"}
        if kind == "date":
            item["format"] = "date"
        elif kind == "party":
            item = {"type": "array", "items": {"type": "string"}}
        if kind not in ("boolean", "date"):
            item["x-docai-kind"] = kind
        properties[name] = {**item, "description": description}
    return {"title": "What we signed", "type": "object", "properties": properties}


def read_documents(readings: Path, labels: Path) -> Iterable[tuple[dict[str, Any], DocumentView]]:
    for line in labels.read_text(encoding="utf-8").splitlines():
        label = json.loads(line)
        path = readings / Path(label["file"]).with_suffix(".pkl")
        if not path.exists():
            continue
        pages = tuple(pickle.loads(path.read_bytes()))
        yield (
            label,
            DocumentView(Document(label["file"], label["file"], "application/pdf", len(pages)), pages),
        )


def flatten(schema: Schema, view: DocumentView, *, proved: bool) -> dict[str, list[tuple[Scalar, float]]]:
    """Field name -> its values with their scores, in order."""
    claims = ExtractiveEngine().extract(view, schema)
    out: dict[str, list[tuple[Scalar, float]]] = {}
    if proved:
        for field in merge_claims(claims, view.pages, schema, complete=True):
            name = field.path.split("/")[-1 if not field.path.rsplit("/", 1)[-1].isdigit() else -2]
            if field.status in ("grounded", "inferred"):
                out.setdefault(name, []).append((field.value, field.confidence))
        return out
    best: dict[str, tuple[Scalar, float]] = {}
    for claim in claims:
        if claim.path not in best or (claim.score or 0) > best[claim.path][1]:
            best[claim.path] = (claim.value, claim.score or 0.0)
    for path, item in best.items():
        name = path.split("/")[-1 if not path.rsplit("/", 1)[-1].isdigit() else -2]
        if item[0] is not None:
            out.setdefault(name, []).append(item)
    return out


def count(kind: str, got: list[Scalar], gold: Any) -> tuple[int, int, int]:
    """(hits, wrong, missed)."""
    if kind == "boolean":
        yes = bool(got) and got[0] is True
        return int(yes and gold), int(yes and not gold), int(gold and not yes)
    if kind == "party":
        want = {fold(g) for g in gold or ()}
        have = {fold(str(g)) for g in got}
        return len(want & have), len(have - want), len(want - have)
    value = got[0] if got else None
    if value is None or gold is None:
        return 0, int(value is not None), int(gold is not None)
    hit = same_value(kind, value, gold)
    return int(hit), int(not hit), int(not hit)


def f1(counts: list[tuple[int, int, int]]) -> float:
    hits, wrong, missed = (sum(c[i] for c in counts) for i in range(3))
    return 2 * hits / (2 * hits + wrong + missed) if hits else 0.0


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("readings", type=Path)
    parser.add_argument("data", type=Path)
    parser.add_argument("--renamed", action="store_true")
    parser.add_argument("--claims", action="store_true")
    parser.add_argument("--show", default="")
    args = parser.parse_args()
    schema = load_schema(rename_schema()) if args.renamed else load_schema("contract")
    counts: dict[str, list[tuple[bool, tuple[int, int, int]]]] = {}
    pages = 0
    seconds = 0.0
    for label, view in read_documents(args.readings, args.data / "labels.jsonl"):
        began = time.process_time()
        values = flatten(schema, view, proved=not args.claims)
        seconds += time.process_time() - began
        pages += len(view.pages)
        scan = label["file"].startswith("scans/")
        for name in [*KINDS, *FLAGS]:
            gold = label["fields"][name] if name in KINDS else label["clauses"][FLAGS[name]]["present"]
            got = [v for v, _ in values.get(SAME[name] if args.renamed else name, [])]
            tally = count(KINDS.get(name, "boolean"), got, gold)
            counts.setdefault(name, []).append((scan, tally))
            if args.show == name and (tally[1] or tally[2]):
                print(f"{label['file'][:40]:40} want {gold!r} got {values.get(name)!r}")
    print(f"{'field':36} all    scans  digital")
    for name, tallies in counts.items():
        parts = [[t for s, t in tallies if s in which] for which in ((True, False), (True,), (False,))]
        print(f"{name:36} " + "  ".join(f"{f1(p):.3f}" for p in parts))
    flags = [
        [f1([t for s, t in counts[n] if s in which]) for n in FLAGS]
        for which in ((True, False), (True,), (False,))
    ]
    print(f"{'mean of eight clause flags':36} " + "  ".join(f"{sum(f) / len(f):.3f}" for f in flags))
    print(f"{pages} pages, {seconds / max(1, pages):.4f} CPU-s a page")


if __name__ == "__main__":
    main()
