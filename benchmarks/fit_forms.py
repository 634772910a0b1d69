"""Fit the weights of `docai/extraction/forms/weights.json`: conditional logit with a Gaussian prior.

    python benchmarks/fit_forms.py READINGS DATA [--write]

Prints field F1 of five-fold cross-validation in which no shop and no form layout stands on both sides,
then, with --write, fits on all documents and writes the weights. Families of kinds share weights, so a
field's name never enters. Needs scipy (extra `train`).
"""

from __future__ import annotations

import argparse
import json
from collections import defaultdict
from pathlib import Path

import numpy as np
from forms_data import f1
from forms_examples import MADE, Example, read_examples
from numpy.typing import NDArray
from scipy.optimize import minimize

from docai.extraction.forms.claims import GIVE, SHARED_KINDS

FOLDS = 5
ABSENT_WEIGHT = 0.3
# Made fields are many; together they weigh about as much as the labelled ones.
MADE_WEIGHT = 0.1
# What a person would say before seeing data, and how strongly the fit holds to it. Everything else starts
# at 0. `labelled`: kinds without examples here, which live by their labels alone.
_GIVEN = json.loads(Path(__file__).with_name("forms_prior.json").read_text("utf-8"))
PRIOR: dict[str, dict[str, float]] = _GIVEN["prior"]
STRENGTH: dict[str, float] = _GIVEN["strength"]
LABELLED: dict[str, float] = _GIVEN["labelled"]


def fit(
    examples: list[Example], columns: list[str], prior: dict[str, float], strength: float
) -> NDArray[np.float64]:
    """Maximum a posteriori weights. The null scores 0; each example is seen again without its right ones."""
    centre = np.array([prior.get(c, 0.0) for c in columns])
    parts = []
    for example in examples:
        weight = MADE_WEIGHT if example.field == MADE else 1.0
        if example.right.any():
            parts.append((example.matrix, example.right, weight))
            # Parts of the right value speak for it too: without it they must not stand for its absence.
            if not example.touching.all():
                parts.append((example.matrix[~example.touching], None, weight * ABSENT_WEIGHT))
        elif len(example.matrix) and not example.present:
            parts.append((example.matrix, None, weight))

    def loss(w: NDArray[np.float64]) -> tuple[float, NDArray[np.float64]]:
        total = strength * float(np.sum((w - centre) ** 2)) / 2
        gradient = strength * (w - centre)
        for matrix, right, weight in parts:
            scores = matrix @ w
            top = max(0.0, float(scores.max()))
            mass = np.exp(scores - top)
            all_mass = mass.sum() + np.exp(-top)
            expected = mass / all_mass
            if right is None:
                total -= weight * (-top - np.log(all_mass))
                gradient = gradient + weight * (expected @ matrix)
            else:
                good = mass * right
                total -= weight * (np.log(good.sum()) - np.log(all_mass))
                gradient = gradient + weight * ((expected - good / good.sum()) @ matrix)
        return total, gradient

    return np.asarray(minimize(loss, centre, jac=True, method="L-BFGS-B", options={"maxiter": 300}).x)


def predict(example: Example, weights: NDArray[np.float64]) -> tuple[bool, bool, float]:
    """Whether a value is given, whether it is right, and its probability."""
    if not len(example.matrix):
        return False, False, 0.0
    scores = example.matrix @ weights
    top = max(0.0, float(scores.max()))
    mass = np.exp(scores - top)
    total = mass.sum() + np.exp(-top)
    by_key: dict[str, float] = defaultdict(float)
    for key, value in zip(example.keys, mass, strict=True):
        by_key[key] += value / total
    best = max(by_key, key=lambda key: by_key[key])
    absent = np.exp(-top) / total
    given = by_key[best] >= min(GIVE, absent) or (example.kind in SHARED_KINDS and absent < 0.5)
    return given, given and bool(example.right[example.keys.index(best)]), by_key[best]


def cross_validate(
    examples: list[Example], columns: list[str], family: str, errors: str | None
) -> dict[tuple[str, str], float]:
    """F1 of each field when the weights never saw the document's group."""
    sizes: dict[str, int] = defaultdict(int)
    for example in examples:
        sizes[example.group] += 1
    loads = [0] * FOLDS
    fold: dict[str, int] = {}
    for group in sorted(sizes, key=lambda g: (-sizes[g], g)):
        fold[group] = loads.index(min(loads))
        loads[fold[group]] += sizes[group]
    counts: dict[tuple[str, str], list[int]] = defaultdict(lambda: [0, 0, 0])
    for k in range(FOLDS):
        weights = fit([e for e in examples if fold[e.group] != k], columns, PRIOR[family], STRENGTH[family])
        for example in (e for e in examples if fold[e.group] == k):
            given, right, _ = predict(example, weights)
            row = counts[example.set_name, example.field]
            row[0] += right
            row[1] += given
            row[2] += example.present
            if errors == example.field and not right and (given or example.present):
                scores = example.matrix @ weights if len(example.matrix) else np.zeros(1)
                best = example.keys[int(scores.argmax())] if len(example.matrix) else None
                truth = sorted({k for k, r in zip(example.keys, example.right, strict=True) if r})
                print(f"    {example.stem}: {best!r} {'' if given else '(not given)'} for {truth}")
    return {key: f1(*row) for key, row in counts.items()}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("readings", type=Path)
    parser.add_argument("data", type=Path)
    parser.add_argument("--write", action="store_true")
    parser.add_argument("--errors", metavar="FIELD")
    parser.add_argument("--family")
    arguments = parser.parse_args()
    examples, columns = read_examples(arguments.readings, arguments.data, arguments.family)
    fitted: dict[str, dict[str, float]] = {"labelled": LABELLED}
    for family in sorted(examples) if arguments.family is None else [arguments.family]:
        prior = np.array([PRIOR[family].get(c, 0.0) for c in columns[family]])
        print(f"{family}: {len(examples[family])} examples, {len(columns[family])} features")
        scores = cross_validate(examples[family], columns[family], family, arguments.errors)
        weights = fit(examples[family], columns[family], PRIOR[family], STRENGTH[family])
        for (set_name, field), value in sorted(scores.items()):
            own = [e for e in examples[family] if (e.set_name, e.field) == (set_name, field)]
            print(
                f"  {set_name:11} {field:15} prior {_f1(own, prior):.3f}"
                f"  five-fold {value:.3f}  fitted {_f1(own, weights):.3f}"
            )
        fitted[family] = {
            c: round(float(w), 3) for c, w in zip(columns[family], weights, strict=True) if abs(w) >= 0.0005
        }
    if arguments.write:
        target = Path(__file__).parents[1] / "docai/extraction/forms/weights.json"
        if arguments.family:
            fitted = json.loads(target.read_text("utf-8")) | fitted
        target.write_text(json.dumps(fitted, indent=1, sort_keys=True) + "\n", "utf-8")


def _f1(examples: list[Example], weights: NDArray[np.float64]) -> float:
    results = [predict(e, weights) for e in examples]
    return f1(sum(r for _, r, _ in results), sum(g for g, _, _ in results), sum(e.present for e in examples))


if __name__ == "__main__":
    main()
