"""A job with a model whose server dies twice, breaks replies and lets requests hang: equal to a quiet one?

    python benchmarks/model_hurt.py [--schema S] [--service-s 0.05] [--timeout-s 5]

500 made-up pages (contracts and invoices whose rows go on over pages), read and extracted by `docai extract`
against a scripted server: once quietly, once with the server killed and restarted twice, 5 % of its replies
broken (cut off, empty, endless white space, values of the wrong type) and 2 % of requests without a reply.
Every page's answer must have been kept exactly once, and no record may differ but for its seconds and tokens.
"""

from __future__ import annotations

import argparse
import json
import sqlite3
import subprocess
import sys
import tempfile
import time
from contextlib import closing
from pathlib import Path
from typing import Any

from model_memory import count_answers
from model_pages import Kind
from model_server import Manner, PageScript, ServerProcess, make_inbox, start_job

from docai.workspace import open_workspace

DOCUMENTS: dict[tuple[Kind, int], int] = {
    ("contract", 0): 100,
    **{("contract", n): 12 for n in range(1, 21)},
    **{("invoice", n): 16 for n in range(10)},
}
PAGES = sum(DOCUMENTS.values())
DOWN_S = 3.0

_LOG = """
CREATE TABLE answer_log (document_id TEXT, number INTEGER);
CREATE TRIGGER log_answer AFTER INSERT ON answers
  BEGIN INSERT INTO answer_log VALUES (new.document_id, new.number); END;
CREATE TRIGGER log_again AFTER UPDATE ON answers
  BEGIN INSERT INTO answer_log VALUES (new.document_id, new.number); END;
"""


def prepare_workspace(folder: Path) -> None:
    """With a log of every answer that is kept (triggers, so that docai itself runs unchanged)."""
    folder.mkdir()
    with open_workspace(folder):
        pass
    with closing(connect(folder)) as db:
        db.executescript(_LOG)


def connect(folder: Path) -> sqlite3.Connection:
    return sqlite3.connect(folder / ".docai" / "docai.db", timeout=30.0)


def run_job(inbox: Path, folder: Path, server: ServerProcess, options: list[str], *, kills: int) -> float:
    """Run to the end, the server killed `kills` times on the way; seconds."""
    started = time.monotonic()
    job = start_job(inbox, folder, server.base_url, *options)
    try:
        for kill in range(kills):
            while count_answers(folder) < PAGES * (kill + 1) // (kills + 1) and job.poll() is None:
                time.sleep(0.2)
            if job.poll() is not None:
                raise SystemExit(f"the job ended before kill {kill + 1}: {read_complaints(folder)}")
            server.kill()
            time.sleep(DOWN_S)
            server.start()
        if job.wait(timeout=3600) != 0:
            raise SystemExit(f"docai extract ended with {job.returncode}: {read_complaints(folder)}")
    except BaseException:
        end_job(job)
        raise
    return time.monotonic() - started


def end_job(job: subprocess.Popen[bytes]) -> None:
    if job.poll() is None:
        job.terminate()
        job.wait(timeout=30)


def read_complaints(folder: Path) -> str:
    return (folder / "errors.txt").read_text(errors="replace")[-2000:]


def read_records(folder: Path) -> dict[str, Any]:
    """By document, without what may differ: how long it took, and what retries cost."""
    records = {}
    for line in (folder / "out.jsonl").read_text(encoding="utf-8").splitlines():
        record = json.loads(line)
        record["run"].update(seconds=0, tokens=0)
        records[record["document"]["uri"].rsplit("/", 1)[-1]] = record
    return records


def compare(quiet: dict[str, Any], hurt: dict[str, Any]) -> list[str]:
    """What differs, named by document and key; fields by path."""
    found = [f"{name}: in one run alone" for name in quiet.keys() ^ hurt.keys()]
    for name in quiet.keys() & hurt.keys():
        for key in quiet[name].keys() | hurt[name].keys():
            one, other = quiet[name].get(key), hurt[name].get(key)
            if one == other:
                continue
            if key == "fields":
                mine, theirs = ({f["path"]: f for f in fields} for fields in (one, other))
                paths = sorted(p for p in mine.keys() | theirs.keys() if mine.get(p) != theirs.get(p))
                found.append(f"{name}: {len(mine)} and {len(theirs)} fields, {len(paths)} differ:")
                found += [f"  {p}: {_tell(mine.get(p))} | {_tell(theirs.get(p))}" for p in paths[:6]]
            elif key != "values":
                found.append(f"{name}: {key}: {str(one)[:200]} | {str(other)[:200]}")
    return found


def _tell(field: dict[str, Any] | None) -> str:
    if field is None:
        return "none"
    pages = [evidence["page"] for evidence in field["evidence"]]
    return f"{field['value']} ({field['status']}, pages {pages})"


def count_kept(folder: Path) -> tuple[int, int, int]:
    """Pages with a kept answer, answers (those to further questions too), and how often one was kept."""
    with closing(connect(folder)) as db:
        distinct = "SELECT count(*) FROM (SELECT DISTINCT document_id, number FROM answers)"
        tables = (distinct, "SELECT count(*) FROM answers", "SELECT count(*) FROM answer_log")
        pages, answers, times = (int(db.execute(sql).fetchone()[0]) for sql in tables)
    return pages, answers, times


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--schema", help="for all documents (default: chosen by content)")
    parser.add_argument("--service-s", type=float, default=0.05)
    parser.add_argument("--timeout-s", type=float, default=5.0)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="docai-hurt-") as room:
        inbox, recipe = Path(room) / "inbox", Path(room) / "recipe.yaml"
        make_inbox(inbox, DOCUMENTS)
        recipe.write_text(f"engine:\n  timeout_s: {options.timeout_s}\n")
        arguments = [
            "--no-index",
            "--pipeline",
            str(recipe),
            *(["--schema", options.schema] if options.schema else []),
        ]
        counts = {(str(kind), n): count for (kind, n), count in DOCUMENTS.items()}
        records, seconds, wrong = [], [], []
        for name, hurt in (("quiet", False), ("hurt", True)):
            folder = Path(room) / name
            prepare_workspace(folder)
            script = PageScript(counts, Manner(options.service_s, hurt=hurt, seed=options.seed))
            with ServerProcess(script) as server:
                seconds.append(run_job(inbox, folder, server, arguments, kills=2 if hurt else 0))
                asked, broken, further = server.list_asked(), server.list_broken(), server.list_further()
            records.append(read_records(folder))
            pages, answers, times = count_kept(folder)
            print(
                f"{name}: {len(records[-1])} records, {pages} pages answered, {times} answers kept, "
                f"{sum(asked.values())} requests about pages and {further or 'no'} others in "
                f"{seconds[-1]:.0f} s; broken: {broken or 'none'}",
                flush=True,
            )
            if (pages, times, len(asked)) != (PAGES, answers, PAGES):
                wrong.append(f"{name}: {pages} of {PAGES} pages answered, {times} of {answers} answers kept")
        wrong += compare(*records)
    print("\n".join(wrong) or "every page exactly once, no record differs")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
