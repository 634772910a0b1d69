"""The README's batch over a bucket, run as it stands against SeaweedFS."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from benchmark_modules import load_benchmark
from docai_process import ENVIRONMENT, FIXTURES
from seaweed import Seaweed

from docai.sources.objects import open_source, open_store

pytestmark = pytest.mark.service

README = Path(__file__).resolve().parents[2] / "README.md"
DOCUMENTS = ("harbor-lights-services.pdf",)


def read_block() -> str:
    section = README.read_text(encoding="utf-8").split("\n## Batches over a bucket\n", 1)[1]
    return section.split("```bash\n", 1)[1].split("```", 1)[0]


def test_the_commands_of_the_readme_run_as_written(seaweed: Seaweed, tmp_path: Path) -> None:
    block = read_block()
    assert [line.split()[:2] for line in block.splitlines()] == [["docai", "batch"]] * 5
    papers = open_store(seaweed.make_bucket("papers"), seaweed.access())
    papers.delete([found.key for found in papers.list("")])
    for name in DOCUMENTS:
        papers.put(f"contracts/{name}", (FIXTURES / "contracts" / name).read_bytes())
    papers.put("contracts/a copy.pdf", (FIXTURES / "contracts" / DOCUMENTS[0]).read_bytes())

    command = tmp_path / "bin" / "docai"
    command.parent.mkdir()
    command.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m docai.cli.main "$@"\n')
    command.chmod(0o755)
    bash = shutil.which("bash")
    assert bash
    run = subprocess.run(
        [bash, "-euo", "pipefail", "-c", block],
        cwd=tmp_path,
        env={
            **ENVIRONMENT,
            **seaweed.environment(),
            "PATH": f"{command.parent}{os.pathsep}{os.environ['PATH']}",
            "PYTHONPATH": str(README.parent),
        },
        capture_output=True,
        text=True,
        timeout=600,
        check=False,
    )
    assert run.returncode == 0, run.stderr
    plan, status, collected = (json.loads(line) for line in run.stdout.splitlines())
    assert (plan["documents"], plan["left"], plan["tried"]) == (2, 2, 2)
    assert plan["seconds"] > 0
    assert (status["items"], status["records"], status["failed"]) == (2, 2, {})
    assert collected["counts"]["items"] == 2
    assert list((tmp_path / "results" / "records" / "contract").glob("*.parquet"))
    store = open_store("s3://papers/out/", seaweed.access())
    listing = list(open_source("s3://papers/contracts/", seaweed.access()).items())
    assert load_benchmark("batch_check").check_batch(store, status["recipe"], listing) == []
