"""Folders of documents for trials of batches: good ones, hostile ones, doubles, odd names."""

from __future__ import annotations

import random
import shutil
from pathlib import Path

TOP = Path(__file__).resolve().parents[1]
SHARED = TOP.parent / "shared" / "data"
_ODD = ("with space", "ünï-cödé 文書", "a+b&c=d%25", "semi;colon", "..hidden not", "x" * 200, "no ending")


def list_documents(*, hostile: int = 40, receipts: int = 20) -> list[Path]:
    """The fixtures, and where the development data are, some receipts and hostile files."""
    found = [p for p in sorted((TOP / "fixtures").rglob("*")) if p.suffix in (".pdf", ".tif", ".jpg", ".png")]
    found = [p for p in found if p.parent.name in ("contracts", "invoices", "receipts")]
    bad = sorted(p for p in (SHARED / "hostile").rglob("*") if p.is_file() and p.stat().st_size < 200_000)
    return [
        *found,
        *sorted((SHARED / "receipts").rglob("*.jpg"))[:receipts],
        *bad[:: max(1, len(bad) // max(hostile, 1))][:hostile],
    ]


def fill_folder(folder: Path, count: int, documents: list[Path], seed: int = 1) -> None:
    """`count` files in sub-folders: every document once, then doubles under other names, some of them odd."""
    chance = random.Random(seed)
    once = documents[:count]
    for i in range(count):
        path = once[i] if i < len(once) else chance.choice(once)
        odd = _ODD[i % 29] if i % 29 < len(_ODD) else f"{i:04}"
        name = f"{i:04} {odd}" if odd == "no ending" else f"{i:04} {odd}{path.suffix}"
        target = folder / f"{i % 7}" / name
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(path, target)
