"""What a batch that asked a model about the contracts of `test_vlm_resumption` has to leave."""

from __future__ import annotations

from pathlib import Path

from benchmark_modules import load_benchmark

from docai.batch.store.outcomes import decode_outcome
from docai.sources.folder_store import FolderStore
from docai.types import Record


def check_asked(folder: Path) -> None:
    """From `inbox` into `out`: exact, and of each content a whole record by the model."""
    assert load_benchmark("batch_check").check_folders(folder / "inbox", folder / "out") == []
    store = FolderStore(folder / "out")
    for found in store.list("outcomes/"):
        (record,) = decode_outcome(found.key, store.get(found.key) or b"").outcomes
        assert isinstance(record, Record)
        assert record.complete
        assert record.run.engine == "vlm"
        assert record.values["governing_law"]
