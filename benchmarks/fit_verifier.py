"""Fit of `docai/extraction/vlm/verifier.json`: examples of candidates, logistic weights, table, threshold."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from corrupted_cases import Case
from corruptions import Told
from fit_confidence import Floats, fit_table

import docai.extraction.vlm
from docai.extraction.vlm.opinion import gather_candidates
from docai.extraction.vlm.signals import Signals
from docai.extraction.vlm.verifier import Verifier
from docai.grounding.confidence import Calibration
from docai.types import Claim
from docai.values.compare import same_value

FOLDS = 5
RIDGE = 1.0


@dataclass(frozen=True)
class Example:
    """A candidate value: its signals and whether it is the field's. `found`: the proof lets it enter;
    `blind`: the embedded engine is taken to know nothing, as of a user's own schema (such examples teach
    weights; table and threshold come from the others).
    """

    group: str
    set: str
    vector: dict[str, float]
    right: bool
    found: bool
    blind: bool = False


def fold_of(group: str) -> int:
    """A group's fold, the same in every run."""
    return int(hashlib.sha256(group.encode()).hexdigest(), 16) % FOLDS


def collect_examples(
    case: Case, told: Sequence[Told], others: Sequence[Claim], *, blind: bool = False
) -> Iterator[Example]:
    """All candidates for fields of known truth: values of the model and of the second opinion."""
    truths = {t.path: t.value for t in case.truths}
    truths |= {leaf.path: False for leaf in case.silent}
    listed: dict[str, list[object]] = {}
    for truth in case.truths:
        listed.setdefault(truth.field.path, []).append(truth.value)
    claims = [claim for item in told for claim in item.claims]
    signals = Signals(case.pages, others, case.schema)
    _, candidates = gather_candidates(claims, others, case.schema)
    for candidate in candidates:
        field = candidate.field
        if field.many:
            right = any(same_value(field.kind, v, candidate.value) for v in listed.get(field.path, ()))
        elif candidate.lead.path in truths:
            right = same_value(field.kind, candidate.value, truths[candidate.lead.path])
        else:
            continue
        said = [c for other in candidates if other.field is field for c in other.said]
        vector = signals.measure(candidate, said)
        found = bool(vector.get("status=grounded") or vector.get("status=inferred"))
        yield Example(case.group, case.set, vector, right, found, blind)


def to_matrix(examples: Sequence[Example], names: Sequence[str]) -> Floats:
    column = {name: i for i, name in enumerate(names)}
    matrix = np.zeros((len(examples), len(names)))
    for row, example in enumerate(examples):
        for name, value in example.vector.items():
            if name in column:
                matrix[row, column[name]] = value
    return matrix


def fit_logistic(x: Floats, y: Floats) -> tuple[float, Floats]:
    """Intercept and weights by Newton's method, drawn to zero."""
    design = np.hstack([np.ones((len(x), 1)), x])
    penalty = np.array([0.01, *[RIDGE] * x.shape[1]])
    beta = np.zeros(design.shape[1])
    for _ in range(100):
        p = 1 / (1 + np.exp(-np.clip(design @ beta, -30, 30)))
        gradient = design.T @ (y - p) - penalty * beta
        hessian = design.T @ (design * (p * (1 - p))[:, None]) + np.diag(penalty)
        step = np.linalg.solve(hessian, gradient)
        step /= max(1.0, float(np.abs(step).max()))
        beta = beta + step
        if np.abs(step).max() < 1e-7:
            break
    return float(beta[0]), beta[1:]


def fit_verifier(examples: Sequence[Example], most_wrong: float) -> Verifier:
    """Weights on all examples; table and threshold on predictions for groups that a fit has not seen."""
    names = sorted({name for e in examples for name in e.vector})
    x, y = to_matrix(examples, names), np.array([float(e.right) for e in examples])
    inner = np.array([fold_of("inner" + e.group) for e in examples])
    unseen = np.zeros(len(examples))
    for k in range(FOLDS):
        held = inner == k
        intercept, weights = fit_logistic(x[~held], y[~held])
        unseen[held] = 1 / (1 + np.exp(-(intercept + x[held] @ weights)))
    open_eyed = np.array([not e.blind for e in examples])
    xs, ys = fit_table(unseen[open_eyed], y[open_eyed])
    found = open_eyed & np.array([e.found for e in examples])
    table = Calibration(0.0, {}, tuple(xs), tuple(ys))
    beliefs = np.array([table.lookup(float(p)) for p in unseen])
    enters = find_threshold(beliefs[found], y[found], most_wrong)
    intercept, weights = fit_logistic(x, y)
    named = {name: round(float(w), 4) for name, w in zip(names, weights, strict=True)}
    return Verifier(Calibration(round(intercept, 4), named, tuple(xs), tuple(ys), enters))


def find_threshold(beliefs: Floats, right: Floats, most_wrong: float) -> float:
    """The lowest belief from which on at most `most_wrong` of the values are wrong."""
    order = np.argsort(-beliefs, kind="stable")
    wrong = np.cumsum(1 - right[order])
    within = np.flatnonzero(wrong <= most_wrong * np.arange(1, len(order) + 1))
    return round(float(beliefs[order][within[-1]]), 3) if len(within) else 1.0


def write_verifier(examples: Sequence[Example], most_wrong: float) -> None:
    calibration = fit_verifier(examples, most_wrong).calibration
    groups = len({e.group for e in examples})
    raw = {
        "origin": f"benchmarks/corrupted_claims.py on {len(examples)} values of {groups} groups",
        "enters": calibration.enters,
        "intercept": calibration.intercept,
        "weights": dict(calibration.weights),
        "table": {"x": list(calibration.table_x), "y": list(calibration.table_y)},
    }
    path = Path(docai.extraction.vlm.__file__ or "").parent / "verifier.json"
    path.write_text(json.dumps(raw, indent=1) + "\n", "utf-8")
    print(f"\n{path.name}: {len(calibration.weights)} weights, enters from {calibration.enters}")
