"""Checks of composed answers: a scripted model says what the labels say, 30 % of it spoiled.

    docai extract ../shared/data/contracts --workspace DIR
    python benchmarks/composed.py --workspace DIR [--data ../shared/data] [--show right|wrong|all] [--seeds 5]

Each of the 215 questions goes the way of `docai ask --base-url`: pages are found, passages chosen, numbered
and sent; the scripted model finds the label's evidence in what it was sent, quotes the clause around it, and
states the answer in one of several wordings. Where the evidence was not sent, or does not hold the answer,
nothing is said (counted apart). Spoiled statements keep a true quote, or bring another true one:

  digit         another digit in the date or period; another state for the law
  other date    a date or period that stands elsewhere in the document, with the right quote
  other role    the same with the quote in which that other one stands
  negation      "not" put in, or a "not" of the quote left out
  party         said of another document's party
  document      the answer and quote of another document, under the number of this one's passage
  invented      a statement that no quote speaks of

A right statement must be kept, a spoiled one struck. Halves by a hash of the document's name: wordings and
thresholds of the checks were tuned on half A alone.
"""

from __future__ import annotations

import argparse
import random
import re
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from composed_cases import SHARE, Case, Statement, read_cases, spoil, state_truth

from docai.answering.asking import answer_question
from docai.answering.composing.compose import Composer, Inquiry
from docai.answering.composing.direct import DirectModel
from docai.answering.sources import Sources
from docai.llm.chat import ChatRequest
from docai.llm.scripted import ScriptedModel, Turn
from docai.llm.scripted_answers import SentPassage, read_passages, write_reply
from docai.types import Answer
from docai.wiring.answering import Answerer
from docai.wiring.library import WorkspaceLibrary

ROOT = Path(__file__).resolve().parents[1]
DATA = ROOT.parent / "shared" / "data"


@dataclass
class Tally:
    """(half, way) -> [kept, struck]; `unsaid`: why nothing was said."""

    counts: dict[tuple[str, str], list[int]] = field(default_factory=lambda: defaultdict(lambda: [0, 0]))
    reasons: Counter[str] = field(default_factory=Counter)
    unsaid: Counter[str] = field(default_factory=Counter)
    seconds: float = 0.0

    def share_kept(self, halves: str, right: bool, ways: Sequence[str] = ()) -> tuple[float, int]:
        kept = whole = 0
        for (half, way), (k, s) in self.counts.items():
            if half in halves and (way == "") == right and (not ways or way in ways):
                kept, whole = kept + k, whole + k + s
        return (kept / whole if whole else float("nan")), whole


class Teller:
    """The scripted model's side: says one statement about the case that is asked."""

    def __init__(self, cases: Sequence[Case], seed: int) -> None:
        self.case = cases[0]
        self.said: Statement | None = None
        self.why = ""
        self._cases = cases
        self._seed = seed
        self._used: Counter[str] = Counter()

    def ask(self, case: Case) -> None:
        self.case, self.said, self.why = case, None, ""

    def __call__(self, request: ChatRequest, number: int) -> Turn:
        chance = random.Random(f"{self._seed} {self.case.question}")
        sent = read_passages(request)
        self.said = state_truth(self.case, sent, chance)
        if self.said is None:
            self.why = (
                "evidence not sent" if not self._is_sent(sent) else "the evidence does not hold the answer"
            )
            return Turn(write_reply((), status="not_found"))
        if chance.random() < SHARE:
            wrong = spoil(self.said, self.case, self._cases, sent, chance, self._used)
            self.said = wrong or self.said
        quotes = [(q.source, q.words) for q in self.said.quotes]
        return Turn(write_reply([(self.said.text, quotes)], self.said.answer))

    def _is_sent(self, sent: Sequence[SentPassage]) -> bool:
        return any(self.case.find_evidence(p.text) for p in sent)


class Keeper:
    """Stands where the composer does, and keeps what it would have been asked."""

    def __init__(self) -> None:
        self.kept: tuple[Inquiry, Sources] | None = None

    def compose(self, inquiry: Inquiry, sources: Sources) -> Answer:
        self.kept = inquiry, sources
        return inquiry.fallback


def find_inquiries(
    cases: Sequence[Case], library: WorkspaceLibrary, answerer: Answerer
) -> list[tuple[Case, Inquiry, Sources] | None]:
    """What each question finds; None where it is refused before a model is asked."""
    found: list[tuple[Case, Inquiry, Sources] | None] = []
    for case in cases:
        keeper = Keeper()
        answer_question(case.question, library, answerer.open_finder(), composer=keeper)  # type: ignore[arg-type]
        found.append((case, *keeper.kept) if keeper.kept else None)
    return found


def measure(
    inquiries: Sequence[tuple[Case, Inquiry, Sources] | None], seed: int, tally: Tally, show: str
) -> None:
    teller = Teller([item[0] for item in inquiries if item], seed)
    composer = Composer(DirectModel(ScriptedModel(teller)))
    for item in inquiries:
        if item is None:
            tally.unsaid["refused before the model was asked"] += 1
            continue
        case, inquiry, sources = item
        teller.ask(case)
        started = time.process_time()
        answer = composer.compose(inquiry, sources)
        tally.seconds += time.process_time() - started
        said = teller.said
        if said is None:
            tally.unsaid[teller.why] += 1
            continue
        supported, reason = judge(answer, said)
        tally.counts[(case.half, said.spoiled)][0 if supported else 1] += 1
        if not supported:
            tally.reasons[f"{'spoiled' if said.spoiled else 'right'} {case.half}: {generalise(reason)}"] += 1
        wanted = "wrong" if said.spoiled else "right"
        if case.half == "A" and show in (wanted, "all") and supported == bool(said.spoiled):
            print(f"{said.spoiled or 'right'} | {said.text} | {[q.words for q in said.quotes]} | {reason}\n")


def judge(answer: Answer, said: Statement) -> tuple[bool, str]:
    """Whether the statement stands in the answer, and why not."""
    for sentence in answer.sentences:
        if sentence.text == " ".join(said.text.split()):
            return sentence.supported, sentence.reason or ""
    raise AssertionError(f"the answer lost a statement: {said.text}")


def generalise(reason: str) -> str:
    """A reason without the words and the file that it names."""
    return re.sub(r"“[^”]*”|\S+\.pdf", "…", reason)[:60]


def report(tally: Tally) -> None:
    print("| statement | all | half A | half B |\n|---|---|---|---|")

    def line(name: str, find: Callable[[str], tuple[float, int]]) -> None:
        cells = (f"{share:.3f} ({whole})" for share, whole in map(find, ("AB", "A", "B")))
        print(f"| {name} | {' | '.join(cells)} |")

    line("right: kept", lambda h: tally.share_kept(h, True))
    line("spoiled: let through", lambda h: tally.share_kept(h, False))
    for way in sorted({way for _, way in tally.counts if way}):
        line(f"  {way}", lambda h, way=way: tally.share_kept(h, False, (way,)))  # type: ignore[misc]
    print(f"\nnothing said: {dict(tally.unsaid)}")
    for reason, count in sorted(tally.reasons.items()):
        print(f"{count:5} {reason}")
    asked = sum(sum(v) for v in tally.counts.values()) + sum(tally.unsaid.values())
    print(f"CPU-s to send, read and check one statement: {tally.seconds / asked:.3f}")


def list_ids(answerer: Answerer, data: Path) -> Iterator[tuple[str, str]]:
    """(name as in the labels, document id) of the contracts in the workspace."""
    names = {path.name: f"{path.parent.name}/{path.name}" for path in (data / "contracts").rglob("*.pdf")}
    for entry in answerer.stores.catalogue.list_entries():
        name = names.get(entry.uri.rsplit("/", 1)[-1])
        if name and entry.id:
            yield name, entry.id


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--workspace", type=Path, required=True)
    parser.add_argument("--data", type=Path, default=DATA)
    parser.add_argument(
        "--show", default="", choices=("", "right", "wrong", "all"), help="print errors on half A"
    )
    parser.add_argument("--seeds", type=int, default=5)
    options = parser.parse_args()
    cases = read_cases(options.data / "contracts" / "questions.jsonl")
    tally = Tally()
    with Answerer(options.workspace) as answerer:
        ids = {document_id for _, document_id in list_ids(answerer, options.data)}
        entries = [e for e in answerer.stores.catalogue.list_entries() if e.id in ids]
        library = WorkspaceLibrary(answerer.stores, entries)
        inquiries = find_inquiries(cases, library, answerer)
        for seed in range(options.seeds):
            measure(inquiries, seed, tally, options.show)
    report(tally)


if __name__ == "__main__":
    main()
