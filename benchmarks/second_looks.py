"""What a second look costs with a model that is right, and brings with one of whose claims 30 % are wrong.

usage: python benchmarks/second_looks.py READINGS [--seeds N] [--misread 0.05]

READINGS as for `corrupted_claims.py`, whose claims, verifiers (five-fold) and figures these are. Crops are
cut from the pages; docai's OCR reads them for real, the model's readings are the true words within the crop,
of which a share of `--misread` has a letter or digit read wrong, each reading on its own.
"""

from __future__ import annotations

import argparse
import random
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from corrupted_cases import DATA, Case, load_contracts, load_invoices, load_receipts
from corrupted_claims import Hearing, Sample, hear, judge_all, make_fields, report, report_table
from corruptions import SHARE
from fit_verifier import FOLDS, collect_examples, fit_verifier, fold_of

from docai.evaluation.annotations import AnnotatedWord, load_annotations
from docai.extraction.vlm.crops import TIGHT, WIDE, frame_place
from docai.extraction.vlm.looks import Look, find_looks
from docai.extraction.vlm.terms import compute_terms
from docai.extraction.vlm.verifier import Verifier
from docai.imaging.geometry import point_box, to_upright
from docai.pipeline import CropTask, DocumentWorker
from docai.types import CropReading, FieldValue, Page
from docai.wiring import WorkerSpec

MOST_WRONG = 0.01
LOADERS = (load_receipts, load_contracts, load_invoices)
FOLDERS = {"receipts": "receipts/images", "contracts": "contracts/scans", "e-invoices": "e-invoices/pdfs"}


@dataclass
class Onlooker:
    """Reads crops; a place that was read before is not read again. `worker`: cuts and reads by OCR."""

    worker: DocumentWorker
    misread: float
    texts: dict[tuple[str, Look], str] = field(default_factory=dict)
    truths: dict[str, dict[int, tuple[AnnotatedWord, ...]]] = field(default_factory=dict)

    def read(self, case: Case, looks: dict[int, tuple[Look, ...]], seed: int) -> Iterator[CropReading]:
        pages = {page.number: page for page in case.pages}
        for number, places in looks.items():
            page = pages[number]
            for look, text in zip(places, self._read_crops(case, page, places), strict=True):
                readings = [("ocr", text), ("model", self._tell(case, page, look, TIGHT, seed))]
                if not look.shown:
                    readings.append(("model again", self._tell(case, page, look, WIDE, seed)))
                for by, said in readings:
                    if said:
                        yield CropReading(look.path, number, look.box, said, by)  # type: ignore[arg-type]

    def _read_crops(self, case: Case, page: Page, looks: Sequence[Look]) -> list[str]:
        new = tuple(look for look in looks if (case.name, look) not in self.texts)
        if new:
            path = next((DATA / FOLDERS[case.set]).glob(f"{case.name}.*"))
            bare = replace(page, words=(), regions=(), issues=())
            for look, crop in zip(new, self.worker(CropTask(path, path.name, bare, new)), strict=True):
                self.texts[case.name, look] = crop.text
        return [self.texts[case.name, look] for look in looks]

    def _tell(self, case: Case, page: Page, look: Look, margins: tuple[float, float], seed: int) -> str:
        """The true words whose middle lies in the crop, now and then with a character read wrong."""
        frame = point_box(
            frame_place(page, look.box, (page.dpi_x, page.dpi_y), margins), page.dpi_x, page.dpi_y
        )
        inside = [
            (to_upright(page, word.box), word.text)
            for word in self._find_truth(case).get(page.number, ())
            if frame.x0 <= (word.box.x0 + word.box.x1) / 2 <= frame.x1
            and frame.y0 <= (word.box.y0 + word.box.y1) / 2 <= frame.y1
        ]
        inside.sort(key=lambda placed: (round((placed[0].y0 + placed[0].y1) / 8), placed[0].x0))
        text = " ".join(word for _, word in inside)
        chance = random.Random(f"{seed} {case.name} {look} {margins}")
        at = [n for n, letter in enumerate(text) if letter.isalnum()]
        if at and chance.random() < self.misread:
            n = chance.choice(at)
            text = (
                text[:n] + chance.choice("0123456789" if text[n].isdigit() else "aeilnorst") + text[n + 1 :]
            )
        return text

    def _find_truth(self, case: Case) -> dict[int, tuple[AnnotatedWord, ...]]:
        if case.name not in self.truths:
            first = case.pages[0]
            known = load_annotations(DATA / case.set, case.name + ".x", lambda _: (first.dpi_x, first.dpi_y))
            # A text layer is its own truth.
            self.truths[case.name] = known or {
                page.number: tuple(AnnotatedWord(word.text, word.box) for word in page.words)
                for page in case.pages
            }
        return self.truths[case.name]


@dataclass
class Tally:
    """Of one model over one set: pages, those that got a second look, looks."""

    pages: int = 0
    looked: int = 0
    looks: int = 0

    def tell(self) -> str:
        looked = f"{self.looked} of {self.pages} pages ({self.looked / max(1, self.pages):.1%})"
        return f"{looked}, {self.looks} looks"


def look_at(hearing: Hearing, fields: Sequence[FieldValue]) -> dict[int, tuple[Look, ...]]:
    case = hearing.case
    return find_looks(case.pages, case.schema, compute_terms(hearing.claims, case.schema), fields)


@dataclass
class Outcome:
    before: list[Sample] = field(default_factory=list)
    after: list[Sample] = field(default_factory=list)
    tallies: dict[str, Tally] = field(default_factory=lambda: defaultdict(Tally))
    paths: Counter[str] = field(default_factory=Counter)


def measure(
    hearings: Sequence[tuple[int, Hearing]], find_verifier: Callable[[str], Verifier], onlooker: Onlooker
) -> Outcome:
    outcome = Outcome()
    for seed, hearing in hearings:
        case, verifier = hearing.case, find_verifier(hearing.case.group)
        fields = make_fields(hearing, verifier)
        looks = look_at(hearing, fields)
        readings = list(onlooker.read(case, looks, seed))
        outcome.before += judge_all(hearing, fields)
        outcome.after += judge_all(hearing, make_fields(hearing, verifier, readings) if readings else fields)
        for name in (case.set, "all"):
            tally = outcome.tallies[name]
            tally.pages += len(case.pages)
            tally.looked += len(looks)
            tally.looks += sum(len(places) for places in looks.values())
        outcome.paths.update(f"{case.set} {look.path}" for places in looks.values() for look in places)
    return outcome


def print_outcome(outcome: Outcome, title: str, *, tables: bool) -> None:
    print(f"\n{title}")
    for name, tally in outcome.tallies.items():
        print(f"  second look, {name}: {tally.tell()}")
    print("  by field:", ", ".join(f"{path} {n}" for path, n in outcome.paths.most_common()))
    for name, samples in (("without", outcome.before), ("with", outcome.after)):
        for part, sets in (("receipts, scanned contracts", ("receipts", "contracts")), ("all", FOLDERS)):
            members = [s for s in samples if s.set in sets]
            clean = [s for s in members if not s.spoiled]
            seen = [s for s in members if s.seen]
            print(f" {part}, {name} a second look:")
            report(members, "")
            print(
                f"  seen and right: {sum(not s.spoiled for s in seen)} of {len(clean)} right claims, "
                f"{sum(bool(s.spoiled) for s in seen)} beside wrong ones"
            )
        if tables:
            report_table(samples, lambda s: f"{s.set} {s.path}")
            report_table(samples, lambda s: s.spoiled or "right")
            report_table(samples, lambda s: f"{s.set}, words {name_quality(s.quality)}")


def name_quality(quality: float) -> str:
    return ">= .98" if quality >= 0.98 else ".95-.98" if quality >= 0.95 else "< .95"


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("readings", type=Path)
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--misread", type=float, default=0.05)
    parser.add_argument(
        "--tables", action="store_true", help="by field, kind of corruption, quality of words"
    )
    arguments = parser.parse_args()
    sets = [list(load(arguments.readings)) for load in LOADERS]
    seeds = arguments.seeds
    corrupted = [(n % seeds, h) for cases in sets for n, h in enumerate(hear(cases, seeds))]
    right = [(0, h) for cases in sets for h in hear(cases, 1, 0.0)]
    examples = [e for _, h in corrupted for e in collect_examples(h.case, h.told, h.others)]
    examples += [
        e for _, h in corrupted[:: 2 * seeds] for e in collect_examples(h.case, h.told, (), blind=True)
    ]
    verifiers = [
        fit_verifier([e for e in examples if fold_of(e.group) != fold], MOST_WRONG) for fold in range(FOLDS)
    ]
    worker = WorkerSpec(schema=None, languages=("eng", "deu"), engine="vlm")()
    onlooker = Onlooker(worker, arguments.misread)

    def find_verifier(group: str) -> Verifier:
        return verifiers[fold_of(group)]

    print_outcome(measure(right, find_verifier, onlooker), "a model that is right", tables=arguments.tables)
    title = f"a model of whose claims {SHARE:.0%} are wrong"
    print_outcome(measure(corrupted, find_verifier, onlooker), title, tables=arguments.tables)


if __name__ == "__main__":
    main()
