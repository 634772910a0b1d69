"""Where documents in flight lie: gone with their run, and what killed runs left goes with the next one."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from docai.wiring.batch_stores import make_spool

LEAVE = """
import os, sys
from pathlib import Path
from docai.wiring.batch_stores import make_spool
with make_spool(Path(sys.argv[1])) as spool:
    (spool / "1").write_bytes(b"a document")
    os._exit(9)
"""


def test_what_a_killed_run_left_is_removed_and_what_lives_stays(tmp_path: Path) -> None:
    killed = subprocess.run([sys.executable, "-c", LEAVE, str(tmp_path)], check=False)
    assert killed.returncode == 9
    (left,) = tmp_path.iterdir()
    assert (left / "1").exists()
    foreign = tmp_path / "docai-spool-00000000-7-1-abc"
    foreign.mkdir()
    with make_spool(tmp_path) as mine:
        assert not left.exists()
        with make_spool(tmp_path):
            assert mine.exists()
        assert foreign.exists()
    assert not mine.exists()
