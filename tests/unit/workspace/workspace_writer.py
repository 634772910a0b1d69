"""A process of its own that writes to a workspace: `workspace_writer.py ROOT NAME PAGES`.

Says `ready`, waits for a line, then says each page and outcome as soon as it is committed.
"""

from __future__ import annotations

import sys
from pathlib import Path

from workspace_samples import make_page, make_record

from docai.workspace import open_workspace


def main() -> None:
    root, name, count = Path(sys.argv[1]), sys.argv[2], int(sys.argv[3])
    document_id = f"sha256:{name}"
    with open_workspace(root) as workspace:
        mine = workspace.leases.lease("sha256:both")
        say(f"ready {mine}")
        sys.stdin.readline()
        done = workspace.pages.get_pages(document_id, "r")
        for number in range(1, count + 1):
            if number in done:
                continue
            workspace.pages.put_page(make_page(document_id, number, words=60), "r")
            say(f"page {number}")
            won = workspace.outcomes.create(f"shared {number}", [make_record(document_id, f"{name}.pdf")])
            say(f"shared {number} {won}")
        workspace.outcomes.create(name, [make_record(document_id, f"{name}.pdf")])
        say("done")


def say(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
