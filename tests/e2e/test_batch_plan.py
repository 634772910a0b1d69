"""`docai batch --plan`: a count and a trial, and nothing at the destination."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

from docai_process import FIXTURES, run_docai

from docai.wiring.batch import prepare_batch
from docai.wiring.batch_forecast import TrialBatch


def test_a_sample_tells_of_the_whole_and_nothing_is_written(tmp_path: Path) -> None:
    source = tmp_path / "in"
    source.mkdir()
    data = (FIXTURES / "invoices" / "fernhill-joinery.pdf").read_bytes()
    for number in range(30):
        (source / f"{number:02}.pdf").write_bytes(data + b"\n" * number)
    (source / "bad.pdf").write_bytes(b"nothing")
    shutil.copytree(source, tmp_path / "all" / "deep")
    plan = prepare_batch(str(tmp_path / "all"), str(tmp_path / "out"), schema="invoice", workers=0)
    trial = TrialBatch(plan, most=4)
    with trial:
        for _ in trial.run(trial.on_event):
            pass
    told = trial.forecast()
    assert not (tmp_path / "out").exists()
    assert told["documents"] == told["left"] == 31
    assert told["tried"] == 4
    assert told["pages"] == round(told["tried_pages"] * 31 / 4)
    assert told["seconds"] > 0
    low, high = told["seconds_range"]
    assert 0 < low <= told["seconds"] <= high
    assert told["pages_range"][0] <= told["pages"] <= told["pages_range"][1]
    assert told["cost"] is None
    assert "cost_range" not in told


def test_a_terminal_or_a_pipe_gets_the_forecast_and_dest_stays_as_it_is(tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    for number in range(3):
        (tmp_path / "in" / f"{number}.pdf").write_bytes(b"no document" * (number + 1))
    run = run_docai("batch", "in", "out", "--schema", "invoice", "--workers", 0, "--plan", cwd=tmp_path)
    assert run.returncode == 0, run.stderr
    told = json.loads(run.stdout)
    assert (told["documents"], told["tried"], told["tried_failed"], told["pages"]) == (3, 3, 3, 0)
    assert told["seconds"] is None
    assert not (tmp_path / "out").exists()
