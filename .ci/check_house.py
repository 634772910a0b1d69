"""House rules that no linter knows: sizes, machine paths, what imports load, no torch.

Prints every breach and exits 1 if there is one.
"""

from __future__ import annotations

import ast
import json
import re
import statistics
import subprocess
import sys
from collections.abc import Iterator
from importlib.metadata import distributions
from pathlib import Path

TOP = Path(__file__).resolve().parents[1]
MOST_LINES, MEDIAN_LINES, MOST_FUNCTION_LINES = 400, 200, 60

# Absolute paths of somebody's machine. Written in pieces, so that this file does not name one itself;
# tests speak of homes that nobody has.
_HOMES = ("work/", "root/", r"home/(?!(?:me|my)\b)[a-z]", r"Users/(?!(?:me|my)\b)[A-Za-z]")
MACHINE_PATH = re.compile(r"(?<![\w.\-])/(?:" + "|".join(_HOMES) + ")")

# Modules (or their parents) that neither `import docai` nor `docai --help` may load.
HEAVY = """
    cv2 hypothesis jsonschema llama_index lxml numpy obstore onnxruntime openai pandas PIL pyarrow pydantic
    pymupdf qdrant_client qdrant_edge rapidfuzz rapidocr ray scipy sklearn tesserocr torch transformers
    xlsxwriter yaml
"""
STARTS = {
    "import docai": "import docai",
    "docai --help": "from docai.cli.main import main\nsys.argv = ['docai', '--help']\n"
    "try: main()\nexcept SystemExit: pass",
}
UNWANTED = ("torch", "transformers", "ray", "vllm", "unstructured", "nvidia-cublas-cu12")


def list_files() -> list[Path]:
    """Committed files; without git, all but what tools leave behind."""
    git = subprocess.run(
        ["git", "-c", "safe.directory=*", "ls-files", "-z"], cwd=TOP, capture_output=True, check=False
    )
    if git.returncode == 0 and git.stdout:
        return [p for name in git.stdout.decode().split("\0") if name and (p := TOP / name).is_file()]
    left = {"__pycache__", "node_modules", "build", "dist"}
    return [
        p
        for p in TOP.rglob("*")
        if p.is_file() and not any(q in left or q.startswith(".") for q in p.relative_to(TOP).parts[:-1])
    ]


def check_sizes(files: list[Path]) -> Iterator[str]:
    sources = [p for p in files if p.suffix == ".py" and p.is_relative_to(TOP / "docai")]
    counts = {p: len(p.read_text(encoding="utf-8").splitlines()) for p in sources}
    for path, count in counts.items():
        if count > MOST_LINES:
            yield f"{path.relative_to(TOP)}: {count} lines, at most {MOST_LINES}"
    if counts and statistics.median(counts.values()) >= MEDIAN_LINES:
        yield f"half of the files have {statistics.median(counts.values()):g} lines or more"
    for path in sources:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                # A command's options are its signature; only what it does counts.
                lines = (node.end_lineno or 0) - node.body[0].lineno + 1
                if lines > MOST_FUNCTION_LINES:
                    place = f"{path.relative_to(TOP)}:{node.lineno}"
                    yield f"{place}: {node.name} has {lines} lines, at most {MOST_FUNCTION_LINES}"


def check_paths(files: list[Path]) -> Iterator[str]:
    for path in files:
        try:
            text = path.read_text(encoding="utf-8")
        except UnicodeDecodeError:
            continue
        for number, line in enumerate(text.splitlines(), 1):
            if found := MACHINE_PATH.search(line):
                yield f"{path.relative_to(TOP)}:{number}: a machine's path, {found[0]}"


def check_starts() -> Iterator[str]:
    for name, code in STARTS.items():
        script = f"import json, sys\n{code}\nprint('\\n' + json.dumps(sorted(sys.modules)))"
        run = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False)
        if run.returncode != 0:
            yield f"{name} fails: {(run.stderr.strip() or str(run.returncode)).splitlines()[-1]}"
            continue
        loaded = {module.partition(".")[0] for module in json.loads(run.stdout.splitlines()[-1])}
        if heavy := sorted(loaded & set(HEAVY.split())):
            yield f"{name} loads {', '.join(heavy)}"


def check_packages() -> Iterator[str]:
    names = {(d.metadata["Name"] or "").lower() for d in distributions()}
    for name in UNWANTED:
        if name in names:
            yield f"{name} came with the install"


def main() -> int:
    files = list_files()
    breaches = [*check_sizes(files), *check_paths(files), *check_starts(), *check_packages()]
    print("\n".join(breaches) or f"{len(files)} files keep the house rules")
    return 1 if breaches else 0


if __name__ == "__main__":
    sys.exit(main())
