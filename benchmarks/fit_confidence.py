"""Fit `docai/grounding/calibration.json` and report its expected calibration error, five-fold.

    python benchmarks/fit_confidence.py SAMPLES.jsonl [--out docai/grounding/calibration.json]

SAMPLES: lines with `group`, `features`, `right` (`confidence_samples.py` writes them). A logistic model
drawn to a hand-set prior (Newton's method), then isotonic regression (pool adjacent violators) on
predictions of an inner split.
Groups (documents, vendors) never stand on both sides of a fold. Without --out nothing is written.
"""

from __future__ import annotations

import argparse
import hashlib
import json
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from docai.evaluation.calibration import calibrate
from docai.grounding.confidence import Calibration, shipped_calibration
from docai.grounding.features import Features, to_vector

FOLDS = 5
RIDGE = 5.0
# What one would say before seeing a sample. The fit is drawn to it, so that what these engines never do
# (an approximate match, a value without proof) keeps a sensible weight.
PRIOR_INTERCEPT = -3.0
PRIOR = {
    "score": 0.6,
    "match_score": 1.5,
    "word_confidence": 1.5,
    "places": 0.1,
    "distinct": -0.3,
    "supporting": 0.5,
    "rivals": -0.4,
    "rival_margin": 0.8,
    "status=grounded": 1.2,
    "status=inferred": 0.8,
    "status=unsupported": -2.5,
    "match=exact": 0.4,
    "match=normalized": 0.3,
    "match=fuzzy": -0.8,
    "agreement=equal": 0.8,
    "agreement=contained": 0.3,
    "agreement=clause": 0.3,
    "agreement=alternative": -0.8,
    "agreement=similar": -0.5,
}
LEAST_IN_STEP = 25  # samples behind each step of the table: thinner steps are noise
Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Sample:
    set: str
    group: str
    features: Features
    right: bool


def load_samples(path: Path) -> list[Sample]:
    rows: list[dict[str, Any]] = [json.loads(line) for line in path.read_text("utf-8").splitlines() if line]
    return [Sample(r["set"], r["group"], Features(**r["features"]), bool(r["right"])) for r in rows]


def fold_of(group: str) -> int:
    """A group's fold, the same in every run."""
    return int(hashlib.sha256(group.encode()).hexdigest(), 16) % FOLDS


def to_matrix(samples: list[Sample], names: list[str]) -> Floats:
    column = {name: i for i, name in enumerate(names)}
    matrix = np.zeros((len(samples), len(names)))
    for row, sample in enumerate(samples):
        for name, value in to_vector(sample.features).items():
            if name in column:
                matrix[row, column[name]] = value
    return matrix


def fit_logistic(x: Floats, y: Floats, names: list[str]) -> tuple[float, Floats]:
    """Intercept and weights by Newton's method; the penalty is the squared distance from the prior."""
    design = np.hstack([np.ones((len(x), 1)), x])
    prior = np.array([PRIOR_INTERCEPT, *(PRIOR.get(name, 0.0) for name in names)])
    penalty = np.array([0.01, *[RIDGE] * x.shape[1]])
    beta = prior.copy()
    for _ in range(200):
        p = 1 / (1 + np.exp(-np.clip(design @ beta, -30, 30)))
        gradient = design.T @ (y - p) - penalty * (beta - prior)
        hessian = design.T @ (design * (p * (1 - p))[:, None]) + np.diag(penalty)
        step = np.linalg.solve(hessian, gradient)
        step /= max(1.0, float(np.abs(step).max()))  # a full step from afar may overshoot
        beta = beta + step
        if np.abs(step).max() < 1e-8:
            break
    return float(beta[0]), beta[1:]


def fit_table(p: Floats, y: Floats) -> tuple[list[float], list[float]]:
    """Isotonic regression as a few points: mean prediction and share right of each pooled step."""
    order = np.argsort(p, kind="stable")
    blocks: list[list[float]] = []  # count, sum of p, sum of y
    chunk = max(1, min(LEAST_IN_STEP, len(p) // 4))
    for start in range(0, len(order), chunk):
        part = order[start : start + chunk]
        blocks.append([float(len(part)), float(p[part].sum()), float(y[part].sum())])
        while len(blocks) > 1 and blocks[-2][2] / blocks[-2][0] >= blocks[-1][2] / blocks[-1][0]:
            last = blocks.pop()
            blocks[-1] = [a + b for a, b in zip(blocks[-1], last, strict=True)]
    # Nobody is certain after a hundred samples: shares are drawn to the whole's by two pseudo-counts.
    base = float(y.mean())
    # The table begins at nothing: values worse than any sample must not get the worst sample's share.
    xs = [0.0, *(round(b[1] / b[0], 4) for b in blocks)]
    ys = [0.0, *(round((b[2] + 2 * base) / (b[0] + 2), 4) for b in blocks)]
    return xs, ys


def fit(samples: list[Sample]) -> Calibration:
    """The model on all samples; its table on predictions for groups that it has not seen."""
    names = sorted({name for s in samples for name in to_vector(s.features)} | set(PRIOR))
    x, y = to_matrix(samples, names), np.array([float(s.right) for s in samples])
    inner = np.array(
        [int(hashlib.sha256(b"inner" + s.group.encode()).hexdigest(), 16) % FOLDS for s in samples]
    )
    unseen = np.zeros(len(samples))
    for k in range(FOLDS):
        held = inner == k
        if held.any() and not held.all():
            intercept, weights = fit_logistic(x[~held], y[~held], names)
            unseen[held] = 1 / (1 + np.exp(-(intercept + x[held] @ weights)))
    xs, ys = fit_table(unseen, y)
    intercept, weights = fit_logistic(x, y, names)
    named = {name: round(float(w), 4) for name, w in zip(names, weights, strict=True)}
    return Calibration(round(intercept, 4), named, tuple(xs), tuple(ys))


def auroc(p: Floats, y: Floats) -> float:
    """Chance that a right value has more confidence than a wrong one, by ranks; ties count half."""
    good, bad = p[y > 0.5], p[y < 0.5]
    if not len(good) or not len(bad):
        return float("nan")
    wins = (good[:, None] > bad[None, :]).sum() + 0.5 * (good[:, None] == bad[None, :]).sum()
    return float(wins / (len(good) * len(bad)))


def report(samples: list[Sample], confidences: Floats, title: str) -> None:
    rights = np.array([s.right for s in samples])
    ece = calibrate(confidences.tolist(), rights.tolist()).ece
    area = auroc(confidences, rights.astype(float))
    print(f"{title}: n={len(samples)} right={rights.mean():.3f} ECE={ece:.4f} AUROC={area:.3f}")
    by_set: dict[str, list[int]] = defaultdict(list)
    for i, sample in enumerate(samples):
        by_set[sample.set].append(i)
    for name, rows in sorted(by_set.items()):
        part = calibrate(confidences[rows].tolist(), rights[rows].tolist())
        print(f"  {name:12} n={len(rows):5} right={rights[rows].mean():.3f} ECE={part.ece:.4f}")


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("samples", type=Path)
    parser.add_argument("--out", type=Path)
    arguments = parser.parse_args()
    samples = load_samples(arguments.samples)
    now = shipped_calibration()
    report(samples, np.array([now.confidence(s.features) for s in samples]), "as shipped")
    folds = np.array([fold_of(s.group) for s in samples])
    unseen = np.zeros(len(samples))
    for k in range(FOLDS):
        model = fit([s for s, f in zip(samples, folds, strict=True) if f != k])
        for i in np.flatnonzero(folds == k):
            unseen[i] = model.confidence(samples[i].features)
    report(samples, unseen, "five-fold, groups apart")
    bins = calibrate(unseen.tolist(), [s.right for s in samples]).bins
    for b in bins:
        print(f"  [{b.low:.1f}, {b.high:.1f}) n={b.count:5} {b.confidence:.3f} right={b.accuracy:.3f}")
    if arguments.out:
        model = fit(samples)
        groups = len({s.group for s in samples})
        origin = f"benchmarks/fit_confidence.py on {len(samples)} values of {groups} groups"
        raw = {
            "origin": origin,
            "intercept": model.intercept,
            "weights": dict(model.weights),
            "table": {"x": list(model.table_x), "y": list(model.table_y)},
        }
        arguments.out.write_text(json.dumps(raw, indent=1) + "\n", "utf-8")


if __name__ == "__main__":
    main()
