"""What every `Source` keeps."""

from __future__ import annotations

import io
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from services.stub_bucket import StubBucket

from docai.errors import ConfigError, DocumentError
from docai.protocols import Source
from docai.sources.bucket import BucketSource
from docai.sources.folder import FolderSource
from docai.sources.stdin import StdinSource
from docai.types import SourceItem

_DOCUMENTS = (b"%PDF-1.7 first", b"%PDF-1.7 second")


class SourceContract:
    """Subclass with `make_source`, which holds the given documents."""

    most = 2

    def make_source(self, folder: Path, documents: tuple[bytes, ...]) -> Source:
        raise NotImplementedError

    def test_items_read_back(self, tmp_path: Path) -> None:
        documents = _DOCUMENTS[: self.most]
        source = self.make_source(tmp_path, documents)
        items = list(source.items())
        assert sorted(source.read(item) for item in items) == sorted(documents)
        assert sorted(item.size for item in items) == sorted(len(d) for d in documents)
        assert len({item.uri for item in items}) == len(items)

    def test_items_are_fetched_to_files(self, tmp_path: Path) -> None:
        documents = _DOCUMENTS[: self.most]
        source = self.make_source(tmp_path, documents)
        files = [source.fetch(item, tmp_path / f"spool {n}") for n, item in enumerate(source.items())]
        assert sorted(file.read_bytes() for file in files) == sorted(documents)

    def test_listing_twice_gives_the_same(self, tmp_path: Path) -> None:
        source = self.make_source(tmp_path, _DOCUMENTS[: self.most])
        assert list(source.items()) == list(source.items())

    def test_other_bytes_have_another_version(self, tmp_path: Path) -> None:
        one, two = tmp_path / "1", tmp_path / "2"
        one.mkdir()
        two.mkdir()
        first = next(self.make_source(one, (b"%PDF-1.7 a",)).items())
        second = next(self.make_source(two, (b"%PDF-1.7 longer",)).items())
        assert first.version
        assert first.version != second.version

    def test_an_empty_source_says_so(self, tmp_path: Path) -> None:
        with pytest.raises(ConfigError) as caught:
            list(self.make_source(tmp_path, ()).items())
        assert caught.value.code == "no-documents"
        assert caught.value.hint

    def test_reading_what_is_not_there_names_it(self, tmp_path: Path) -> None:
        source = self.make_source(tmp_path, _DOCUMENTS[: self.most])
        with pytest.raises(DocumentError) as caught:
            source.read(SourceItem(str(tmp_path / "gone.pdf"), 1, "1"))
        assert (caught.value.code, caught.value.stage) == ("unreadable", "sources")
        assert str(caught.value.document).endswith("gone.pdf")


class TestFolder(SourceContract):
    def make_source(self, folder: Path, documents: tuple[bytes, ...]) -> Source:
        for number, data in enumerate(documents):
            (folder / f"{number}.pdf").write_bytes(data)
        return FolderSource([folder])


class TestBucket(SourceContract):
    @pytest.fixture(autouse=True)
    def serve(self) -> Iterator[None]:
        with ExitStack() as self.stack:
            yield

    def make_source(self, folder: Path, documents: tuple[bytes, ...]) -> Source:
        objects = {f"d/{number}.pdf": data for number, data in enumerate(documents)}
        bucket = self.stack.enter_context(StubBucket(objects))
        return BucketSource(bucket.url, bucket.access())


class TestStdin(SourceContract):
    most = 1

    def make_source(self, folder: Path, documents: tuple[bytes, ...]) -> Source:
        return StdinSource(io.BytesIO(b"".join(documents)))
