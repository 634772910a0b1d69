"""Fixtures that several rooms' tests want."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from services.seaweed import Seaweed

_SHARED_MEMORY = Path("/dev/shm")
_ENOUGH_BYTES = 1 << 30


@pytest.fixture
def memory_path(tmp_path: Path) -> Iterator[Path]:
    """A folder in memory where the system has one, for what would wait for the disk at each step."""
    if not _SHARED_MEMORY.is_dir() or shutil.disk_usage(_SHARED_MEMORY).free < _ENOUGH_BYTES:
        yield tmp_path
        return
    with tempfile.TemporaryDirectory(prefix="docai-test-", dir=_SHARED_MEMORY) as folder:
        yield Path(folder)


@pytest.fixture(scope="session")
def seaweed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Seaweed]:
    """A real S3 server, started once for a run. What cannot be started is an error, never a skip."""
    from services.seaweed import Seaweed

    with Seaweed(tmp_path_factory.mktemp("seaweed")) as server:
        yield server
