"""Answers without a model, over all contracts in one index: with records, and from sentences alone.

    docai extract ../shared/data/contracts --workspace DIR      (reads, extracts, indexes)
    python benchmarks/answers.py --workspace DIR [--data ../shared/data] [--show KIND]

`plain` (questions.jsonl) and `loose` (no title, other words): the answer's value or text holds the truth,
dates and periods by value. `clause`: yes or no. `absent`: the contract is here and does not say. `left out`:
the plain questions again, each asked without its own contract. `each`: which of all contracts. Documents are
split in two halves by a hash of their names: wordings, weights and thresholds were tuned with the errors on
half A in view; those on half B were seen too, once, towards the end. Records come from the embedded
extractive engine, which was written on these very contracts: on others it finds less.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import re
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from docai.answering.asking import answer_question
from docai.answering.each import answer_each
from docai.answering.library import Finder
from docai.types import Answer, Citation, Record, Where
from docai.values.compare import find, fold, same_value
from docai.wiring.answering import Answerer
from docai.wiring.library import WorkspaceLibrary

ROOT = Path(__file__).resolve().parents[1]
DATA = ROOT.parent / "shared" / "data"


@dataclass(frozen=True)
class Question:
    kind: str
    text: str
    answer: str | list[str] | None
    document: str

    @property
    def half(self) -> str:
        return "A" if hashlib.md5(self.document.encode()).digest()[0] % 2 == 0 else "B"

    @property
    def value_kind(self) -> str:
        if re.match(r"\d{4}-\d\d-\d\d", str(self.answer)):
            return "date"
        return "place" if re.search(r"\blaw\b", self.text) else "duration"


@dataclass
class Counts:
    """What came of the questions, by half: (kind, truth, outcome) -> how many."""

    outcomes: dict[str, Counter[tuple[str, str, str]]] = field(
        default_factory=lambda: {"A": Counter(), "B": Counter()}
    )
    citations: int = 0
    standing: int = 0
    seconds: float = 0.0

    def add(self, half: str, kind: str, truth: str, outcome: str) -> None:
        self.outcomes[half][(kind, truth, outcome)] += 1

    def share(self, halves: str, kind: str, outcomes: Sequence[str], truth: str = "") -> float:
        """Of the questions of a kind (and a truth) those with one of the outcomes."""
        found = Counter[str]()
        for half in halves:
            for (k, t, outcome), count in self.outcomes[half].items():
                if k == kind and (not truth or t == truth):
                    found[outcome] += count
        whole = sum(found.values())
        return sum(found[o] for o in outcomes) / whole if whole else float("nan")


class SentencesOnly(WorkspaceLibrary):
    """The library as it would be after `docai index`: without records."""

    def records(self, document_id: str) -> Sequence[Record]:
        return ()


def read_questions(data: Path) -> list[Question]:
    found = []
    for name in ("questions.jsonl", "questions-hard.jsonl"):
        for line in (data / "contracts" / name).read_text(encoding="utf-8").splitlines():
            row = json.loads(line)
            found.append(
                Question(row.get("kind", "plain"), row["question"], row["answer"], row.get("document", ""))
            )
    return found


def says_truth(question: Question, answer: Answer) -> bool:
    """Whether the answer's value is the truth, or its text holds it."""
    kind, truth = question.value_kind, str(question.answer)
    values = answer.value if isinstance(answer.value, list) else [answer.value]
    if any(isinstance(v, str) and same_value(kind, v, truth) for v in values):
        return True
    if kind == "place":
        return fold(truth) in fold(answer.text)
    return any(
        same_value(kind, reading, truth)
        for item in find(kind, answer.text)
        for reading in (item.value, item.alternative)
        if reading is not None
    )


def judge(question: Question, answer: Answer) -> tuple[str, str]:
    """(truth, outcome) of one question."""
    if question.kind == "clause":
        said = {True: "yes", False: "no"}.get(answer.value) if isinstance(answer.value, bool) else None
        return str(question.answer), said or answer.status
    if answer.status == "not_found":
        return "", "refused"
    if question.kind == "absent":
        return "", "answered"
    return "", "right" if says_truth(question, answer) else "wrong"


def stands_at_boxes(citation: Citation, library: WorkspaceLibrary) -> bool:
    """Whether the words whose centres lie in the citation's boxes say its quote."""
    page = library.pages(citation.document_id)[citation.page]
    inside = []
    for word in page.words:
        x, y = (word.box.x0 + word.box.x1) / 2, (word.box.y0 + word.box.y1) / 2
        if any(b.x0 - 1 <= x <= b.x1 + 1 and b.y0 - 1 <= y <= b.y1 + 1 for b in citation.boxes):
            inside.append(word.text)
    return bool(inside) and fold(citation.quote) in fold("".join(inside))


def measure(
    questions: Sequence[Question], library: WorkspaceLibrary, finder: Finder, ids: dict[str, str], show: str
) -> Counts:
    """All questions about one document, and the plain ones again without it."""
    counts = Counts()
    everything = library.document_ids
    for question in questions:
        if question.kind == "each":
            continue
        started = time.process_time()
        answer = answer_question(question.text, library, finder)
        counts.seconds += time.process_time() - started
        counts.citations += len(answer.citations)
        counts.standing += sum(stands_at_boxes(c, library) for c in answer.citations)
        truth, outcome = judge(question, answer)
        counts.add(question.half, question.kind, truth, outcome)
        if question.kind == show and outcome not in ("right", truth or "refused"):
            print(f"{outcome} | {question.text} | {question.answer} | {answer.text[:300]}\n")
        if question.kind == "plain":
            others = Where(everything - {ids[question.document]})
            left = answer_question(question.text, library, finder, others)
            counts.add(question.half, "left out", "", "refused" if left.status == "not_found" else "answered")
    return counts


def measure_each(
    questions: Sequence[Question], library: WorkspaceLibrary, ids: dict[str, str]
) -> list[float]:
    """F1 of the documents listed, for each exhaustive question."""
    scores = []
    for question in questions:
        if question.kind == "each":
            answer = answer_each(question.text, library)
            listed = {row.document_id for row in answer.rows if row.verdict == "yes"}
            wanted = {ids[name] for name in question.answer or ()}
            scores.append(2 * len(listed & wanted) / max(1, len(listed) + len(wanted)))
    return scores


def report(title: str, counts: Counts, each: Sequence[float]) -> None:
    print(f"\n| {title} | all | half A | half B |\n|---|---|---|---|")
    halves = ("AB", "A", "B")

    def line(name: str, values: Sequence[float]) -> None:
        print(f"| {name} | " + " | ".join(f"{v:.3f}" for v in values) + " |")

    line("plain (215): the answer holds the truth", [counts.share(h, "plain", ["right"]) for h in halves])
    line("plain: wrongly refused", [counts.share(h, "plain", ["refused"]) for h in halves])
    line("loose (197): the answer holds the truth", [counts.share(h, "loose", ["right"]) for h in halves])
    balanced = [
        (counts.share(h, "clause", ["yes"], "yes") + counts.share(h, "clause", ["no"], "no")) / 2
        for h in halves
    ]
    line("clause (440): balanced accuracy", balanced)
    line("absent (69): refused", [counts.share(h, "absent", ["refused"]) for h in halves])
    line("left out (215): refused", [counts.share(h, "left out", ["refused"]) for h in halves])
    print(f"\neach (8): F1 of the documents listed, mean {sum(each) / len(each):.3f}, least {min(each):.3f}")
    asked = sum(sum(c.values()) for c in counts.outcomes.values())
    print(f"citations whose quote stands at its boxes: {counts.standing} of {counts.citations}")
    print(f"CPU-s a question: {counts.seconds / asked:.3f}")


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--workspace", type=Path, required=True)
    parser.add_argument("--data", type=Path, default=DATA)
    parser.add_argument("--show", default="", help="print what went wrong with this kind of question")
    options = parser.parse_args()
    questions = read_questions(options.data)
    names = {
        path.name: f"{path.parent.name}/{path.name}" for path in (options.data / "contracts").rglob("*.pdf")
    }
    with Answerer(options.workspace) as answerer:
        entries = [e for e in answerer.stores.catalogue.list_entries() if e.uri.rsplit("/", 1)[-1] in names]
        ids = {names[e.uri.rsplit("/", 1)[-1]]: e.id for e in entries if e.id}
        finder = answerer.open_finder()
        for title, kind in (("with records", WorkspaceLibrary), ("from sentences alone", SentencesOnly)):
            library = kind(answerer.stores, entries)
            counts = measure(questions, library, finder, ids, options.show)
            report(title, counts, measure_each(questions, library, ids))


if __name__ == "__main__":
    main()
