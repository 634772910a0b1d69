"""Values that the embedded engine gives for labelled documents, with features and whether they are right.

    python benchmarks/confidence_samples.py READINGS DATA OUT.jsonl

READINGS holds pickled `list[Page]` as `<set>/<stem>.pkl` (contracts as `contracts/<scans|digital>/`), DATA
the labelled sets. One JSON line a value: set, document, group (values of one group never stand on both sides
of a fold: same document, same vendor), path, features, right. `fit_confidence.py` reads them.
"""

from __future__ import annotations

import argparse
import json
import pickle
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from docai.evaluation.scoring import judge_leaves
from docai.evaluation.targets import list_targets, target_key
from docai.evaluation.truth import Labels, Truth, load_labels
from docai.extraction.extractive import ExtractiveEngine
from docai.extraction.merge import MergedField, merge_with_features
from docai.schema import Schema, load_schema
from docai.types import Document, DocumentView, FieldValue, Page
from docai.values.compare import fold

SETS = {"contracts": "contract", "receipts": "receipt", "ad-buys": "ad_buy", "e-invoices": "invoice"}
_VENDOR = ("/company", "/seller_name")


def read_pages(readings: Path, name: str, truth: Truth) -> tuple[Page, ...] | None:
    folder = readings / name / truth.group if name == "contracts" else readings / name
    path = folder / f"{Path(truth.file).stem}.pkl"
    return tuple(pickle.loads(path.read_bytes())) if path.exists() else None


def group_of(name: str, truth: Truth) -> str:
    """The vendor where the labels name one, else the document."""
    vendor = next((truth.values.get(key) for key in _VENDOR if truth.values.get(key)), None)
    return f"{name}:{fold(str(vendor))[:8] if vendor else Path(truth.file).stem}"


def judge(
    schema: Schema, truth: Truth, merged: tuple[MergedField, ...]
) -> Iterator[tuple[MergedField, bool]]:
    """Values whose truth is known, right or wrong whatever their status."""
    targets = list_targets(schema)
    by_path = {m.field.path: m for m in merged}
    leaves: dict[str, list[FieldValue]] = {}
    for item in merged:
        leaves.setdefault(target_key(item.field.path)[0], []).append(item.field)
    for key, wanted in truth.values.items():
        for judged in judge_leaves(targets[key], wanted, leaves.get(key, ())):
            item = by_path[judged.field.path]
            if judged.field.value is not None and item.features is not None:
                yield item, judged.right


def samples(readings: Path, data: Path) -> Iterator[dict[str, Any]]:
    engine = ExtractiveEngine()
    for name, schema_name in SETS.items():
        schema = load_schema(schema_name)
        labels: Labels = load_labels(data / name / "labels.jsonl", schema)
        for truth in labels.truths:
            pages = read_pages(readings, name, truth)
            if pages is None:
                continue
            document = Document(f"sha256:{truth.file}", truth.file, "application/pdf", len(pages))
            claims = engine.extract(DocumentView(document, pages), schema)
            merged = merge_with_features(claims, pages, schema, complete=True)
            for item, right in judge(schema, truth, merged):
                assert item.features is not None
                yield {
                    "set": name,
                    "document": truth.file,
                    "group": group_of(name, truth),
                    "field": re.sub(r"/\d+", "/*", item.field.path),
                    "features": item.features.to_dict(),
                    "confidence": item.field.confidence,
                    "right": right,
                }


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("readings", type=Path)
    parser.add_argument("data", type=Path)
    parser.add_argument("out", type=Path)
    arguments = parser.parse_args()
    count = 0
    with arguments.out.open("w", encoding="utf-8") as file:
        for row in samples(arguments.readings, arguments.data):
            file.write(json.dumps(row) + "\n")
            count += 1
    print(f"{count} values")


if __name__ == "__main__":
    main()
