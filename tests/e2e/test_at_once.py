"""Two `docai ask`, a LlamaIndex retriever and a `docai extract` on one workspace at once."""

from __future__ import annotations

import json
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest
from docai_process import ENVIRONMENT, run_docai, start_docai
from written_pdf import write_pdf

pytest.importorskip("llama_index.core", reason="LlamaIndex is an extra")

pytestmark = pytest.mark.slow

LAW = "Which law governs the agreement between Harbor Lights Media and Oakvale Analytics?"
NEWS = "Which law governs the agreement between Norden Tools 5 and Brightwater Supply 5?"
HARBOR = (
    "MASTER SERVICES AGREEMENT\n\nThis Agreement is entered into as of March 14, 2022 by and between Harbor "
    "Lights Media, Inc. and Oakvale Analytics LLC.\n\n8. Governing Law. This Agreement shall be governed by "
    "the laws of the State of Oregon."
)
NORDEN = (
    "DISTRIBUTION AGREEMENT\n\nThis Agreement is entered into as of May 2, 2023 by and between Norden Tools "
    "{n} GmbH and Brightwater Supply {n} Corp.\n\n7. Governing Law. This Agreement is governed by the laws "
    "of the State of Nevada."
)
NEW = 6

RETRIEVER = """
import json, sys
from docai.llamaindex import PageRetriever

law, news = sys.argv[1:]
with PageRetriever(".") as retriever:
    before = [node.node.metadata["uri"] for node in retriever.retrieve(news)]
    print(json.dumps(before), flush=True)
    turns = 0
    while True:
        turns += 1
        first = retriever.retrieve(law)[0].node.metadata
        assert first["uri"] == "old/harbor.pdf", first
        assert "image_error" not in first, first
        found = [node.node.metadata["uri"] for node in retriever.retrieve(news)]
        if found and found[0] == "new/norden-5.pdf":
            break
print(json.dumps([turns, found]))
"""


def test_asking_retrieving_and_extracting_do_not_disturb_each_other(tmp_path: Path) -> None:
    write_pdf(tmp_path / "old" / "harbor.pdf", HARBOR)
    done = run_docai("extract", "old", "-q", "-s", "contract", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    for number in range(NEW):
        write_pdf(tmp_path / "new" / f"norden-{number}.pdf", NORDEN.format(n=number))

    with subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(RETRIEVER), LAW, NEWS],
        cwd=tmp_path,
        env=ENVIRONMENT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as retriever:
        try:
            assert retriever.stdout is not None
            assert "new/norden-5.pdf" not in json.loads(retriever.stdout.readline() or '["new/norden-5.pdf"]')
            with start_docai("extract", "new", "-s", "contract", "--json", cwd=tmp_path) as extracting:
                asking = [start_docai("ask", LAW, cwd=tmp_path) for _ in range(2)]
                with asking[0] as one, asking[1] as other:
                    answers = [process.communicate(timeout=300) for process in (one, other)]
                    codes = (one.returncode, other.returncode)
                records, complaints = extracting.communicate(timeout=300)
                assert extracting.returncode == 0, complaints
            # It still runs, and sees what came meanwhile without being opened again.
            seen, told = retriever.communicate(timeout=300)
        finally:
            retriever.kill()

    for out, errors in answers:
        assert json.loads(out)["value"] == "Oregon", errors
    assert codes == (0, 0)
    lines = [json.loads(line) for line in records.splitlines()]
    assert {line["values"]["governing_law"] for line in lines} == {"Nevada"}
    assert len(lines) == NEW
    assert retriever.returncode == 0, told
    turns, found = json.loads(seen)
    assert turns >= 1
    assert found[0] == "new/norden-5.pdf"
    status = json.loads(run_docai("index", "status", "--json", cwd=tmp_path).stdout)
    assert (status["documents"], status["indexed"], status["waiting"]) == (NEW + 1, NEW + 1, 0)
