"""How often docai is right: `docai eval` over the labelled documents, with docai's own reading.

    python benchmarks/accuracy.py [--data ../shared/data] [--workspace DIR] [--html DIR]

Prints markdown tables: F1 by field (scans and digital apart where there are both), word boxes, calibration.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
DATA = ROOT.parent / "shared" / "data"
SETS = {
    "contracts": ("contract", "eng"),
    "receipts": ("receipt", "eng"),
    "e-invoices": ("invoice", "eng+deu"),
    "ad-buys": ("ad_buy", "eng"),
}


def evaluate(folder: Path, schema: str, languages: str, workspace: Path, html: Path | None) -> dict[str, Any]:
    command = [sys.executable, "-m", "docai.cli.main", "eval", str(folder), "-s", schema, "--json"]
    command += ["--lang", languages, "--workspace", str(workspace)]
    command += ["--html", str(html)] if html else []
    done = subprocess.run(command, stdout=subprocess.PIPE, check=True)
    report: dict[str, Any] = json.loads(done.stdout)
    return report


def print_report(name: str, report: dict[str, Any]) -> None:
    groups = report["groups"]
    counts = ", ".join(f"{key} {value}" for key, value in report["documents"].items())
    print(f"\n### {name} ({counts})\n")
    print(f"| field | {' | '.join(groups)} |\n|---|{'---|' * len(groups)}")
    fields = groups["all"]["fields"]
    for field, score in fields.items():
        if score.get("documents", 1):
            print(f"| {field} | {' | '.join(_f1(group['fields'].get(field)) for group in groups.values())} |")
    for mean in groups["all"]["mean_f1"]:
        print(f"| mean: {mean} | {' | '.join(_number(g['mean_f1'].get(mean)) for g in groups.values())} |")
    boxes = groups["all"]["word_boxes"]
    if boxes and boxes.get("values"):
        print(f"| word boxes: hits | {' | '.join(_hits(g['word_boxes']) for g in groups.values())} |")
    print(f"| calibration error | {' | '.join(_number(g['calibration']['ece']) for g in groups.values())} |")


def _f1(score: dict[str, Any] | None) -> str:
    return _number(score["f1"]) if score else ""


def _hits(boxes: dict[str, Any]) -> str:
    return f"{boxes['hits']}/{boxes['values']}" if boxes.get("values") else ""


def _number(value: float | None) -> str:
    return "" if value is None else f"{value:.3f}"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, default=DATA)
    parser.add_argument("--workspace", type=Path, default=Path.cwd())
    parser.add_argument("--html", type=Path, help="folder for the HTML reports")
    parser.add_argument("--set", choices=SETS, action="append", help="only these")
    arguments = parser.parse_args()
    for name, (schema, languages) in SETS.items():
        if arguments.set and name not in arguments.set:
            continue
        html = arguments.html / f"{name}.html" if arguments.html else None
        report = evaluate(arguments.data / name, schema, languages, arguments.workspace, html)
        print_report(name, report)


if __name__ == "__main__":
    main()
