"""The folder of the embedded index: whole generations, made by one writer, each read by as many as like.

```
writer.lock          held while a generation is made
gen-00000007/        complete, and never changed: it came here by one rename
    manifest.json    whose vectors, how many points, the files and their sizes
    lease            every reader holds it shared; who gets it alone may remove the generation
    shard/           Qdrant Edge, without its log: what was not published is made again from SQLite
building/            the writer's; what a killed one left is thrown away
trash-…/             on its way out
```
A killed process holds no lock. The newest generation is the one with the highest number.
"""

from __future__ import annotations

import json
import re
import shutil
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from docai.errors import DocaiError
from docai.index.copying import copy_tree, sync, sync_tree
from docai.index.locks import FileLock
from docai.index.space import FORMAT, STAGE, IndexDamaged, VectorSpace, check_format

_NAME = re.compile(r"gen-(\d{8,12})")
_LEASE, _MANIFEST, _SHARD, _BUILDING = "lease", "manifest.json", "shard", "building"
_VARIABLE = "edge_config.json"
"""Edge writes it anew, to the same effect, whenever it opens a folder."""
_TRIES = 100


@dataclass(frozen=True, slots=True)
class Manifest:
    """What a generation holds. `holes`: places of removed points, which Edge does not use again."""

    space: VectorSpace
    points: int = 0
    documents: int = 0
    holes: int = 0
    engine: str = ""
    files: dict[str, int] = field(default_factory=dict)

    def to_json(self) -> dict[str, Any]:
        return {
            "format": FORMAT,
            "engine": self.engine,
            "space": self.space.to_json(),
            "points": self.points,
            "documents": self.documents,
            "holes": self.holes,
            "files": self.files,
        }


class Lease:
    """A generation that stays while this is held. Release it when its files are closed."""

    def __init__(self, number: int, path: Path, lock: FileLock) -> None:
        self.number = number
        self.path = path
        self._lock = lock

    @property
    def shard(self) -> Path:
        return self.path / _SHARD

    def read_manifest(self) -> Manifest:
        """Raises `IndexDamaged` unless all its files are there as they were published, `ConfigError`
        (`index-newer`) for a newer format."""
        return read_manifest(self.path)

    def release(self) -> None:
        self._lock.release()


class Generations:
    """`folder` need not exist: it is made by the first who writes."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def list_numbers(self) -> list[int]:
        """Of the complete generations, ascending."""
        try:
            names = [path.name for path in self.folder.iterdir()]
        except (FileNotFoundError, NotADirectoryError):
            return []
        return sorted(int(found[1]) for name in names if (found := _NAME.fullmatch(name)))

    def newest(self) -> int | None:
        return max(self.list_numbers(), default=None)

    def lease(self) -> Lease | None:
        """The newest generation, or None if there is none yet. Raises `IndexDamaged`."""
        for _ in range(_TRIES):
            number = self.newest()
            if number is None:
                return None
            path = self._path(number)
            try:
                lock = FileLock(path / _LEASE, shared=True)
            except FileNotFoundError:
                if path.is_dir():
                    raise IndexDamaged(f"{path} has no file {_LEASE}") from None
                continue  # it was removed meanwhile, so there is a newer one
            # Who removes it holds its lease for as long as a rename takes.
            if lock.acquire(wait_s=1.0) and lock.is_of(path / _LEASE):
                return Lease(number, path, lock)
            lock.release()
        raise IndexDamaged(f"generations in {self.folder} come and go faster than they can be opened")

    def take_writer_lock(self, wait_s: float) -> FileLock:
        """Be the one writer. Raises `DocaiError` (`index-busy`) if another one still is after that time."""
        self.folder.mkdir(parents=True, exist_ok=True)
        path = self.folder / "writer.lock"
        path.touch()
        lock = FileLock(path)
        if not lock.acquire(wait_s):
            lock.release()
            raise DocaiError(
                "index-busy",
                f"another process has been writing to {self.folder} for more than {wait_s:.0f} s",
                stage=STAGE,
                hint="let it finish, then run the same command again: what is done is kept",
            )
        return lock

    def begin(self, *, fresh: bool = False) -> tuple[Path, Manifest | None]:
        """The writer's folder for Edge: a copy of the newest generation, or an empty one.

        Also removes what killed writers left. Only for who holds the writer's lock.
        """
        self.sweep()
        building = self.folder / _BUILDING
        building.mkdir()
        (building / _LEASE).touch()
        lease = None if fresh else self.lease()
        if lease is None:
            (building / _SHARD).mkdir()
            return building / _SHARD, None
        try:
            manifest = lease.read_manifest()
            copy_tree(lease.shard, building / _SHARD)
        finally:
            lease.release()
        return building / _SHARD, manifest

    def publish(self, manifest: Manifest) -> int:
        """Make what was built, closed by now, the newest generation, and remove those that nobody reads."""
        building = self.folder / _BUILDING
        files = sync_tree(building / _SHARD)
        files.pop(_VARIABLE, None)
        text = json.dumps(replace(manifest, files=files).to_json(), indent=1)
        (building / _MANIFEST).write_text(text, encoding="utf-8")
        for path in (building / _MANIFEST, building / _LEASE, building):
            sync(path)
        number = (self.newest() or 0) + 1
        building.rename(self._path(number))
        sync(self.folder)
        self.sweep()
        return number

    def discard(self) -> None:
        """Throw away what was built."""
        shutil.rmtree(self.folder / _BUILDING, ignore_errors=True)

    def sweep(self) -> None:
        """Remove what a killed writer left, and generations but the newest that nobody reads."""
        self.discard()
        for number in self.list_numbers()[:-1]:
            self._retire(number)
        for path in self.folder.glob("trash-*"):
            shutil.rmtree(path, ignore_errors=True)

    def _retire(self, number: int) -> None:
        path = self._path(number)
        try:
            lock = FileLock(path / _LEASE)
        except FileNotFoundError:
            lock = None  # damaged: nobody can hold it
        except OSError:
            return
        try:
            if lock is None or lock.acquire():
                path.rename(self.folder / f"trash-{number:08d}")
        except OSError:
            return  # Windows, where someone has its files open
        finally:
            if lock is not None:
                lock.release()

    def _path(self, number: int) -> Path:
        return self.folder / f"gen-{number:08d}"


def read_manifest(path: Path) -> Manifest:
    """Of the generation at `path`. Raises as `Lease.read_manifest` does."""
    try:
        value = json.loads((path / _MANIFEST).read_text(encoding="utf-8"))
        check_format(value["format"], str(path.parent))
        manifest = Manifest(
            VectorSpace.from_json(value["space"]),
            int(value["points"]),
            int(value["documents"]),
            int(value["holes"]),
            str(value["engine"]),
            {str(name): int(size) for name, size in value["files"].items()},
        )
    except (OSError, KeyError, TypeError, ValueError, AttributeError) as error:
        raise IndexDamaged(f"{path / _MANIFEST} cannot be read: {error!r}") from error
    for name, size in manifest.files.items():
        try:
            found = (path / _SHARD / name).stat().st_size
        except OSError:
            found = None
        if found != size:
            state = "is missing" if found is None else f"has {found} bytes instead of {size}"
            raise IndexDamaged(f"{path / _SHARD / name} {state}")
    return manifest
