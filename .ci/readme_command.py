"""Print the test command of the README: what its second bash block says with pytest in it."""

from __future__ import annotations

import re
import sys
from pathlib import Path

README = Path(__file__).resolve().parents[1] / "README.md"


def find_command(text: str) -> str:
    """The pytest part of the second block; raises ValueError if there is none."""
    blocks = re.findall(r"^```bash\n(.*?)^```", text, re.DOTALL | re.MULTILINE)
    if len(blocks) < 2:
        raise ValueError(f"{README.name} has {len(blocks)} bash blocks; the second one must install and test")
    for line in blocks[1].splitlines():
        for part in line.removeprefix("$ ").split("&&"):
            if re.search(r"\bpytest\b", part):
                return part.strip()
    raise ValueError(f"the second bash block of {README.name} runs no pytest")


if __name__ == "__main__":
    try:
        print(find_command(README.read_text(encoding="utf-8")))
    except (OSError, ValueError) as error:
        sys.exit(f"readme_command: {error}")
