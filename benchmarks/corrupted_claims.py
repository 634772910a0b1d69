"""Truth with 30 % corrupted claims through weighing and proof, over docai's own words: what gets in.

usage: python benchmarks/corrupted_claims.py READINGS [--json SAMPLES]
READINGS holds words as pickled `list[Page]`: receipts/<stem>.pkl, contracts/scans/<stem>.pkl
A claim's quote stands on the page (true lines, annotators' passages), also where its value was made wrong.
"""

from __future__ import annotations

import csv
import json
import pickle
import random
import sys
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from docai.extraction.extractive import ExtractiveEngine
from docai.extraction.merge import merge_claims
from docai.extraction.vlm.opinion import weigh_claims
from docai.grounding.support import find_support
from docai.schema import Field, Schema, load_schema, template
from docai.types import Claim, Document, DocumentView, FieldValue, Page
from docai.values.compare import find, fold, same_value
from docai.values.dates import parse_date

DATA = Path(__file__).resolve().parents[1] / "../shared/data"
SHARE = 0.3


@dataclass(frozen=True)
class Truth:
    """What a document says of a field: the value and a passage that says it, on a page."""

    field: Field
    value: Any
    quote: str
    page: int


@dataclass(frozen=True)
class Case:
    name: str
    schema: Schema
    pages: tuple[Page, ...]
    truths: tuple[Truth, ...]
    lines: tuple[str, ...]


@dataclass(frozen=True)
class Sample:
    """One claimed field in the record. `spoiled`: how the claim was made wrong, or empty; `believed`: the
    confidence of the claimed value, whether it is the field's or an alternative.
    """

    case: str
    path: str
    spoiled: str
    right: bool
    enters: bool
    confidence: float
    believed: float


def load_pages(path: Path) -> tuple[Page, ...]:
    pages: list[Page] = pickle.loads(path.read_bytes())
    return tuple(replace(page, reader=page.reader or "read") for page in pages)


def load_receipts(readings: Path) -> Iterator[Case]:
    schema = load_schema("receipt")
    for line in (DATA / "receipts/labels.jsonl").read_text(encoding="utf-8").splitlines():
        label = json.loads(line)
        stem = Path(label["file"]).stem
        with (DATA / f"receipts/lines/{stem}.csv").open(
            encoding="utf-8", errors="replace", newline=""
        ) as rows:
            lines = tuple(",".join(row[8:]) for row in csv.reader(rows) if len(row) > 8)
        truths = []
        for field in schema.fields:
            value = label["fields"].get(field.path[1:])
            if value is None:
                continue
            if field.kind == "date":
                value = parse_date(value, day_first=True) or value
            if field.kind == "money":
                value = next((f.value for f in find("money", value)), None)
            quote = find_quote(field, value, lines)
            if quote:
                truths.append(Truth(field, value, quote, 1))
        yield Case(stem, schema, load_pages(readings / f"receipts/{stem}.pkl"), tuple(truths), lines)


def find_quote(field: Field, value: Any, lines: Sequence[str]) -> str:
    """The fewest true lines in a row that say the value; a line with letters before one without."""
    for count in range(1, 6):
        found = [" ".join(lines[i : i + count]) for i in range(len(lines) - count + 1)]
        if field.kind in ("date", "money"):
            hits = [text for text in found if find_support(value, None, text, field, day_first=True)]
            hits.sort(key=lambda text: not any(c.isalpha() for c in text))
        else:
            hits = [text for text in found if fold(str(value)) in fold(text)]
        if hits:
            return hits[0]
    return ""


def load_contracts(readings: Path) -> Iterator[Case]:
    schema = load_schema("contract")
    for line in (DATA / "contracts/labels.jsonl").read_text(encoding="utf-8").splitlines():
        label = json.loads(line)
        if not label["file"].startswith("scans/"):
            continue
        pages = load_pages(readings / "contracts" / Path(label["file"]).with_suffix(".pkl"))
        evidence = dict(label["evidence"])
        values = dict(label["fields"])
        for name, clause in label["clauses"].items():
            key = name.lower().replace("-", "_").replace(" ", "_")
            evidence[key] = clause["evidence"]
            values[key] = True if clause["present"] else None
        truths = [t for field in schema.fields for t in find_truths(field, values, evidence)]
        lines = tuple(p["text"] for passages in evidence.values() for p in passages)
        yield Case(Path(label["file"]).stem, schema, pages, tuple(truths), lines)


def find_truths(field: Field, values: dict[str, Any], evidence: dict[str, Any]) -> Iterator[Truth]:
    name = next((n for n in values if field.path in (f"/{n}", f"/clauses/{n}")), None)
    if name is None or values[name] is None or field.many:
        return
    for passage in evidence.get(name, ()):
        computed = field.kind != "boolean" and not find_support(values[name], None, passage["text"], field)
        if passage["pages"] and not computed:
            yield Truth(field, values[name], passage["text"], passage["pages"][0])
            return


def spoil(
    truth: Truth, case: Case, others: Sequence[Case], chance: random.Random
) -> tuple[str, Truth] | None:
    """One way of being wrong, drawn from those that this field can have."""
    ways = {
        "digit": change_digit(truth, chance),
        "other role": take_other_role(truth, case, chance),
        "other document": take_other_document(truth, others, chance),
        "month": move_month(truth, chance),
        "invented": invent(truth, chance),
        "flipped": replace(truth, value=not truth.value) if truth.field.kind == "boolean" else None,
    }
    possible = [
        (way, wrong)
        for way, wrong in ways.items()
        if wrong is not None and not same_value(truth.field.kind, wrong.value, truth.value)
    ]
    return chance.choice(possible) if possible else None


def change_digit(truth: Truth, chance: random.Random) -> Truth | None:
    text = str(truth.value)
    places = [i for i, c in enumerate(text) if c.isdigit()]
    if not places or truth.field.kind == "boolean":
        return None
    at = chance.choice(places)
    changed = text[:at] + chance.choice("123456789".replace(text[at], "")) + text[at + 1 :]
    return replace(truth, value=type(truth.value)(changed))


def take_other_role(truth: Truth, case: Case, chance: random.Random) -> Truth | None:
    """A value of the same kind that the document prints elsewhere, quoted where it stands."""
    kind = truth.field.kind
    if kind in ("organization", "title", "address", "place"):
        found = [(line, line) for line in case.lines if sum(c.isalpha() for c in line) > 8]
        if kind == "place":
            return None
    else:
        found = [(f.value, line) for line in case.lines for f in find(kind, line, day_first=True)]
    wrong = [(v, q) for v, q in found if v and not same_value(kind, v, truth.value)]
    if kind in ("organization", "title", "address"):
        wrong = [(v, q) for v, q in wrong if fold(str(v)) not in fold(str(truth.value))]
        wrong = [(v, q) for v, q in wrong if fold(str(truth.value)) not in fold(str(v))]
    if not wrong or kind == "boolean":
        return None
    value, quote = chance.choice(wrong)
    return replace(truth, value=value, quote=quote)


def take_other_document(truth: Truth, others: Sequence[Case], chance: random.Random) -> Truth | None:
    values = [t.value for c in others for t in c.truths if t.field.path == truth.field.path]
    return replace(truth, value=chance.choice(values)) if values and truth.field.kind != "boolean" else None


def move_month(truth: Truth, chance: random.Random) -> Truth | None:
    if truth.field.kind != "date":
        return None
    day = date.fromisoformat(str(truth.value)) + timedelta(days=chance.choice((-30, 30, 31)))
    return replace(truth, value=day.isoformat())


def invent(truth: Truth, chance: random.Random) -> Truth | None:
    made: dict[str, Any] = {
        "date": f"20{chance.randint(10, 24)}-0{chance.randint(1, 9)}-1{chance.randint(0, 9)}",
        "money": type(truth.value)(f"{chance.randint(1, 999)}.{chance.randint(10, 99)}")
        if truth.field.kind == "money"
        else None,
        "organization": "GOLDEN HARBOUR TRADING",
        "duration": f"{chance.randint(2, 80)} days",
        "place": "Wyoming",
        "title": "Aircraft Lease Agreement",
        "address": "17 Orchard Lane, Springfield",
    }
    value = made.get(truth.field.kind)
    return None if value is None else replace(truth, value=value)


def run_case(case: Case, others: Sequence[Case], engine: ExtractiveEngine, seed: int) -> Iterator[Sample]:
    chance = random.Random(f"{seed} {case.name}")
    said: list[tuple[str, Truth, Truth]] = []
    for truth in case.truths:
        wrong = spoil(truth, case, others, chance) if chance.random() < SHARE else None
        said.append((wrong[0], truth, wrong[1]) if wrong else ("", truth, truth))
    view = DocumentView(Document(case.name, case.name, "image/png", len(case.pages)), case.pages)
    claims = [Claim(t.field.path, t.quote, t.value, t.page, "vlm") for _, _, t in said]
    weighed = weigh_claims(claims, engine.extract(view, case.schema), case.schema)
    record = {f.path: f for f in merge_claims(weighed, case.pages, case.schema, complete=True)}
    for way, truth, claimed in said:
        yield judge(case, way, truth, claimed, record[truth.field.path])


def judge(case: Case, way: str, truth: Truth, claimed: Truth, field: FieldValue) -> Sample:
    right = field.value is not None and same_value(truth.field.kind, _plain(field.value), truth.value)
    enters = field.status in ("grounded", "inferred")
    readings = [(field.value, field.confidence), *((a.value, a.confidence) for a in field.alternatives)]
    believed = max(
        (c for v, c in readings if v is not None and same_value(truth.field.kind, _plain(v), claimed.value)),
        default=0.0,
    )
    confidence = field.confidence if enters else 0.0
    return Sample(case.name, template(field.path), way, right, enters, confidence, believed)


def _plain(value: Any) -> Any:
    return str(value) if isinstance(value, float) else value


def report(samples: Sequence[Sample], title: str) -> None:
    entered = [s for s in samples if s.enters]
    clean = [s for s in samples if not s.spoiled]
    print(f"\n{title}: {len(samples)} fields, {len(samples) - len(clean)} of them spoiled")
    for most_wrong in (0.01, 0.02, 1.0):
        least = find_threshold(entered, most_wrong)
        taken = [s for s in entered if s.confidence >= least]
        wrong = sum(not s.right for s in taken)
        kept = sum(s.right and s.enters and s.confidence >= least for s in clean)
        print(
            f"  confidence >= {least:.3f}: wrong among what enters {wrong / max(1, len(taken)):.3f}, "
            f"right claims kept {kept / max(1, len(clean)):.3f}"
        )
    print(f"  AUROC {find_auroc(samples):.3f}, ECE {find_ece(entered):.3f}")
    ways: dict[str, list[Sample]] = defaultdict(list)
    for sample in samples:
        ways[sample.spoiled or "right"].append(sample)
    for way, members in sorted(ways.items()):
        inside = sum(s.enters and not s.right for s in members)
        saved = sum(s.enters and s.right for s in members)
        print(f"    {way}: {len(members)}, wrong value entered {inside}, right value entered {saved}")


def find_threshold(entered: Sequence[Sample], most_wrong: float) -> float:
    ranked = sorted(entered, key=lambda s: -s.confidence)
    wrong, least = 0, 1.0
    for count, sample in enumerate(ranked, 1):
        wrong += not sample.right
        if wrong <= most_wrong * count:
            least = sample.confidence
    return least


def find_auroc(samples: Sequence[Sample]) -> float:
    """Of claims: how often a right one is believed more than a wrong one."""
    right = [s.believed for s in samples if not s.spoiled]
    wrong = [s.believed for s in samples if s.spoiled]
    wins = sum((r > w) + 0.5 * (r == w) for r in right for w in wrong)
    return wins / max(1, len(right) * len(wrong))


def find_ece(entered: Sequence[Sample]) -> float:
    bins: dict[int, list[Sample]] = defaultdict(list)
    for sample in entered:
        bins[min(9, int(sample.confidence * 10))].append(sample)
    gaps = (
        abs(sum(s.confidence for s in b) / len(b) - sum(s.right for s in b) / len(b)) * len(b)
        for b in bins.values()
    )
    return sum(gaps) / max(1, len(entered))


def main() -> None:
    readings, engine = Path(sys.argv[1]), ExtractiveEngine()
    everything: list[Sample] = []
    for title, cases in (
        ("receipts", list(load_receipts(readings))),
        ("scanned contracts", list(load_contracts(readings))),
    ):
        samples = [
            sample
            for i, case in enumerate(cases)
            for sample in run_case(case, cases[:i] + cases[i + 1 :], engine, seed=1)
        ]
        report(samples, title)
        everything += samples
    report(everything, "both")
    if "--json" in sys.argv:
        lines = [json.dumps(vars(s)) for s in everything]
        Path(sys.argv[sys.argv.index("--json") + 1]).write_text("\n".join(lines), encoding="utf-8")


if __name__ == "__main__":
    main()
