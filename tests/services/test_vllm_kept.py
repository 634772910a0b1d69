"""What is built once is kept for later runs, a build that broke off never counts, old recipes go."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from vllm_cpu import BuildFailed, hold_vllm, run

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="file locks are POSIX")


def make_counter() -> tuple[list[Path], Callable[[Path], None]]:
    """Folders that were built, and what builds them."""
    made: list[Path] = []

    def make(folder: Path) -> None:
        (folder / "model").mkdir(parents=True)
        made.append(folder)

    return made, make


def test_it_is_built_once(tmp_path: Path) -> None:
    made, make = make_counter()
    with hold_vllm(tmp_path, make) as first:
        assert first.model.is_dir()
    with hold_vllm(tmp_path, make) as second:
        assert second == first
    assert len(made) == 1
    assert made[0] != first.model.parent


def test_a_build_that_broke_off_does_not_count_and_leaves_nothing(tmp_path: Path) -> None:
    def break_off(folder: Path) -> None:
        (folder / "venv").mkdir(parents=True)
        raise BuildFailed("no room")

    with pytest.raises(BuildFailed, match="no room"), hold_vllm(tmp_path, break_off):
        pass
    made, make = make_counter()
    with hold_vllm(tmp_path, make) as built:
        assert not built.python.exists()
    assert len(made) == 1
    assert [path.name for path in tmp_path.iterdir() if path.is_dir()] == [built.model.parent.name]


def test_a_former_recipe_goes_unless_another_run_holds_it(tmp_path: Path) -> None:
    import fcntl

    for name in ("vllm-unused", "vllm-held"):
        (tmp_path / name / "model").mkdir(parents=True)
        (tmp_path / f"{name}.lock").touch()
    _, make = make_counter()
    with (tmp_path / "vllm-held.lock").open() as held:
        fcntl.flock(held, fcntl.LOCK_SH)
        with hold_vllm(tmp_path, make):
            pass
    assert not (tmp_path / "vllm-unused").exists()
    assert (tmp_path / "vllm-held" / "model").is_dir()


def test_a_failed_step_says_what_it_printed_last() -> None:
    script = "print('early ' * 2000); print('No space left'); raise SystemExit(3)"
    with pytest.raises(BuildFailed, match=r"(?s)unpacking: exit 3.*No space left") as caught:
        run("unpacking", [sys.executable, "-c", script], timeout_s=60)
    assert len(str(caught.value)) < 4000
