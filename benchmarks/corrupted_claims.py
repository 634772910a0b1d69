"""Truth with 30 % corrupted claims through the verifier and proof, over docai's own words: what gets in.

usage: python benchmarks/corrupted_claims.py READINGS [--seeds N] [--shipped] [--json SAMPLES] [--write]

READINGS holds words as pickled `list[Page]`: receipts/<stem>.pkl, contracts/scans/<stem>.pkl, e-invoices/…
A claim's quote stands on the page (true lines, annotators' passages), also where its value was made wrong.
The verifier is fitted five-fold, groups (vendors, contracts) apart, and measured on the fold that it has not
seen; `--shipped` takes the shipped weights, `--write` fits on everything and ships that.
"""

from __future__ import annotations

import argparse
import json
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from corrupted_cases import Case, load_contracts, load_invoices, load_receipts
from corruptions import SHARE, Told, tell
from fit_verifier import FOLDS, Example, collect_examples, fit_verifier, fold_of, write_verifier

from docai.extraction.extractive import ExtractiveEngine
from docai.extraction.merge import merge_claims
from docai.extraction.vlm.opinion import weigh_claims
from docai.extraction.vlm.seeing import find_seen
from docai.extraction.vlm.terms import compute_terms
from docai.extraction.vlm.verifier import Verifier, shipped_verifier
from docai.schema import template
from docai.types import Claim, CropReading, Document, DocumentView, FieldValue
from docai.values.compare import same_value

MOST_WRONG = 0.01


@dataclass(frozen=True)
class Sample:
    """One claimed field in the record. `spoiled`: how the claim was made wrong, or empty; `believed`: the
    confidence of the claimed value, whether it is the field's or an alternative; `quality`: of the words;
    `seen`: the field's value is right but does not enter, since only a second look shows it.
    """

    case: str
    set: str
    path: str
    spoiled: str
    right: bool
    enters: bool
    confidence: float
    believed: float
    quality: float
    seen: bool = False


@dataclass(frozen=True)
class Hearing:
    """A document with what a model told about it once, and what the embedded engine claims."""

    case: Case
    told: tuple[Told, ...]
    others: tuple[Claim, ...]

    @property
    def claims(self) -> list[Claim]:
        return [claim for told in self.told for claim in told.claims]


def hear(cases: Sequence[Case], seeds: int, share: float = SHARE) -> Iterator[Hearing]:
    engine = ExtractiveEngine()
    for at, case in enumerate(cases):
        view = DocumentView(Document(case.name, case.name, "image/png", len(case.pages)), case.pages)
        others = tuple(engine.extract(view, case.schema))
        strangers = [*cases[:at], *cases[at + 1 :]]
        for seed in range(seeds):
            yield Hearing(case, tuple(tell(case, strangers, seed, share)), others)


def make_fields(
    hearing: Hearing, verifier: Verifier, readings: Sequence[CropReading] = ()
) -> tuple[FieldValue, ...]:
    """What comes of the claims, and of the readings of a second look."""
    case = hearing.case
    claims = weigh_claims(hearing.claims, hearing.others, case.schema, case.pages, verifier, readings)
    calibration = verifier.calibration.as_scored()
    fields = merge_claims(claims, case.pages, case.schema, complete=True, calibration=calibration)
    return find_seen(fields, readings, case.schema)


def judge_all(hearing: Hearing, fields: Sequence[FieldValue]) -> Iterator[Sample]:
    case = hearing.case
    by_path: dict[str, list[FieldValue]] = defaultdict(list)
    for field in fields:
        by_path[template(field.path)].append(field)
    computed = {(c.path, c.quote): c.value for c in compute_terms(hearing.claims, case.schema)}
    for told in hearing.told:
        claim = told.claims[0]
        if claim.value is None:
            told = settle(told, computed.get((claim.path, claim.quote)))
        yield judge(case, told, by_path[told.truth.field.path])


def settle(told: Told, value: Any) -> Told:
    """A period with the date that it comes to; a wrong start that was claimed elsewhere spoils it too."""
    wrong = value is not None and not same_value("date", value, told.truth.value)
    return replace(told, value=value, spoiled="computed date" if wrong else told.spoiled)


def judge(case: Case, told: Told, fields: Sequence[FieldValue]) -> Sample:
    truth, kind = told.truth, told.truth.field.kind
    listed = truth.field.many or truth.field.group is not None

    def is_claimed(value: Any) -> bool:
        return value is not None and same_value(kind, _plain(value), told.value)

    # Of a list the item that has the claimed value is judged, since items are numbered anew.
    field = next((f for f in fields if is_claimed(f.value)), None) if listed else fields[0]
    readings = [] if field is None else [(field.value, field.confidence)]
    readings += [(a.value, a.confidence) for a in field.alternatives] if field is not None else []
    believed = max((c for v, c in readings if is_claimed(v)), default=0.0)
    enters = field is not None and field.status in ("grounded", "inferred")
    wrong_rows = truth.field.group is not None and told.spoiled
    right = bool(enters and field is not None and same_value(kind, _plain(field.value), truth.value))
    seen = field is not None and field.status == "seen"
    return Sample(
        case=case.name,
        set=case.set,
        path=truth.field.path,
        spoiled=told.spoiled,
        right=right and not wrong_rows,
        enters=enters,
        confidence=field.confidence if field is not None and enters else 0.0,
        believed=believed,
        quality=case.quality,
        seen=seen and field is not None and same_value(kind, _plain(field.value), truth.value),
    )


def _plain(value: Any) -> Any:
    return str(value) if isinstance(value, float) else value


def report(samples: Sequence[Sample], title: str) -> None:
    clean = [s for s in samples if not s.spoiled]
    entered = [s for s in samples if s.enters]
    for least in (0.0, find_threshold(entered, MOST_WRONG)):
        inside = [s for s in entered if s.confidence >= least]
        wrong = sum(not s.right for s in inside)
        kept = sum(s.right and s.confidence >= least for s in clean)
        where = f"confidence >= {least:.3f}" if least else "as the fits say"
        print(
            f"  {where}: {len(inside)} enter, {share(wrong, len(inside))} wrong; "
            f"right kept {share(kept, len(clean))}"
        )
    print(f"  AUROC {find_auroc(samples):.3f}, ECE {find_ece(entered):.3f}")


def find_threshold(entered: Sequence[Sample], most_wrong: float) -> float:
    ranked = sorted(entered, key=lambda s: -s.confidence)
    wrong, least = 0, 1.0
    for count, sample in enumerate(ranked, 1):
        wrong += not sample.right
        if wrong <= most_wrong * count:
            least = sample.confidence
    return least


def report_table(samples: Sequence[Sample], name: Callable[[Sample], str]) -> None:
    """By field, by way of being wrong, by quality: claims, wrong values that entered, right ones kept."""
    groups: dict[str, list[Sample]] = defaultdict(list)
    for sample in samples:
        groups[name(sample)].append(sample)
    for title, members in sorted(groups.items()):
        clean = [s for s in members if not s.spoiled]
        inside = [s for s in members if s.enters]
        wrong = sum(not s.right for s in inside)
        saved = sum(s.right for s in members if s.spoiled)
        print(
            f"    {title}: {len(members)} claims, {wrong} wrong among {len(inside)} that enter, "
            f"right kept {share(sum(s.right for s in clean), len(clean))}, saved {saved}, "
            f"AUROC {find_auroc(members):.3f}, ECE {find_ece(inside):.3f}"
        )


def share(part: int, whole: int) -> str:
    return f"{part / whole:.3f}" if whole else "-"


def find_auroc(samples: Sequence[Sample]) -> float:
    """Of claims: how often a right one is believed more than a wrong one."""
    right = [s.believed for s in samples if not s.spoiled]
    wrong = [s.believed for s in samples if s.spoiled]
    wins = sum((r > w) + 0.5 * (r == w) for r in right for w in wrong)
    return wins / (len(right) * len(wrong)) if right and wrong else float("nan")


def find_ece(entered: Sequence[Sample]) -> float:
    bins: dict[int, list[Sample]] = defaultdict(list)
    for sample in entered:
        bins[min(9, int(sample.confidence * 10))].append(sample)
    gaps = (
        abs(sum(s.confidence for s in b) / len(b) - sum(s.right for s in b) / len(b)) * len(b)
        for b in bins.values()
    )
    return sum(gaps) / max(1, len(entered))


def measure(hearings: Sequence[Hearing], examples: Sequence[Example], shipped: bool) -> list[Sample]:
    if shipped:
        return [
            s for hearing in hearings for s in judge_all(hearing, make_fields(hearing, shipped_verifier()))
        ]
    samples: list[Sample] = []
    for fold in range(FOLDS):
        verifier = fit_verifier([e for e in examples if fold_of(e.group) != fold], MOST_WRONG)
        print(f"fold {fold}: enters from {verifier.calibration.enters:.3f}")
        for hearing in hearings:
            if fold_of(hearing.case.group) == fold:
                samples += judge_all(hearing, make_fields(hearing, verifier))
    return samples


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("readings", type=Path)
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--shipped", action="store_true")
    parser.add_argument("--write", action="store_true")
    parser.add_argument("--json", type=Path)
    arguments = parser.parse_args()
    hearings = [
        hearing
        for load in (load_receipts, load_contracts, load_invoices)
        for hearing in hear(list(load(arguments.readings)), arguments.seeds)
    ]
    examples = [e for h in hearings for e in collect_examples(h.case, h.told, h.others)]
    # As often as not a user's own schema is one of which the embedded engine knows nothing.
    examples += [
        e for h in hearings[:: 2 * arguments.seeds] for e in collect_examples(h.case, h.told, (), blind=True)
    ]
    samples = measure(hearings, examples, arguments.shipped)
    scans = [s for s in samples if s.set != "e-invoices"]
    report(scans, "receipts and scanned contracts")
    report_table(scans, lambda s: s.set)
    report_table(scans, lambda s: f"{s.set} {s.path}")
    report_table(scans, lambda s: s.spoiled or "right")
    report_table(
        scans,
        lambda s: f"words {'>= .95' if s.quality >= 0.95 else '.9-.95' if s.quality >= 0.9 else '< .9'}",
    )
    report([s for s in samples if s.set == "e-invoices"], "e-invoices")
    report_table([s for s in samples if s.set == "e-invoices"], lambda s: s.path)
    if arguments.json:
        arguments.json.write_text("\n".join(json.dumps(vars(s)) for s in samples), encoding="utf-8")
    if arguments.write:
        write_verifier(examples, MOST_WRONG)


if __name__ == "__main__":
    main()
