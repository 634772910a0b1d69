"""The store in memory keeps the contract of buckets and folders."""

from __future__ import annotations

import pytest
from test_object_store import ObjectStoreContract

from docai.batch.store.volatile import MemoryStore
from docai.protocols import ObjectStore


class TestMemoryStore(ObjectStoreContract):
    @pytest.fixture
    def store(self) -> ObjectStore:
        return MemoryStore()
