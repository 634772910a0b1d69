"""What every `PageRenderer` keeps, whatever the file is."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

import numpy as np
import pymupdf
import pytest
from PIL import Image

from docai.errors import DocumentError
from docai.imaging.geometry import image_size_pt
from docai.pages.renderer import DocumentRenderer
from docai.protocols import PageRenderer


class RendererContract:
    """Subclass with `make_renderer` and `make_file`; `words` are those of page 1, empty for images."""

    words: tuple[str, ...] = ()
    pages = 1

    def make_renderer(self) -> PageRenderer:
        raise NotImplementedError

    def make_file(self, folder: Path) -> Path:
        raise NotImplementedError

    def test_a_document_is_its_bytes(self, tmp_path: Path) -> None:
        path = self.make_file(tmp_path)
        document = self.make_renderer().open(path, "contracts/a.bin")
        assert document.id == f"sha256:{hashlib.sha256(path.read_bytes()).hexdigest()}"
        assert (document.uri, document.page_count) == ("contracts/a.bin", self.pages)

    def test_what_a_file_is_its_name_does_not_decide(self, tmp_path: Path) -> None:
        path = self.make_file(tmp_path)
        media_type = self.make_renderer().open(path, "a").media_type
        for name in ("misnamed.pdf", "misnamed.png", "misnamed.txt", "misnamed"):
            other = path.rename(path.with_name(name))
            renderer = self.make_renderer()
            document = renderer.open(other, "b")
            assert document.media_type == media_type
            assert renderer.render(renderer.pages(document)[0]).pixels.size
            path = other

    def test_pages_count_from_one_and_match_their_images(self, tmp_path: Path) -> None:
        renderer = self.make_renderer()
        document = renderer.open(self.make_file(tmp_path), "a")
        pages = renderer.pages(document)
        assert [page.number for page in pages] == list(range(1, self.pages + 1))
        for page in pages:
            image = renderer.render(page)
            assert image.page_number == page.number
            assert image.pixels.dtype == np.uint8
            assert image.pixels.ndim == 2 or image.pixels.shape[2:] == (3,)
            assert image.pixels.flags.c_contiguous
            assert image_size_pt(image) == pytest.approx((page.width_pt, page.height_pt))
            # The plan and the image agree to a pixel.
            assert image.dpi_x == pytest.approx(page.dpi_x, abs=72 / page.width_pt)
            assert image.dpi_y == pytest.approx(page.dpi_y, abs=72 / page.height_pt)
            assert page.image_kind == "rendered" or image.kind == "native"
            assert page.words == ()

    def test_rendering_twice_gives_the_same(self, tmp_path: Path) -> None:
        renderer = self.make_renderer()
        page = renderer.pages(renderer.open(self.make_file(tmp_path), "a"))[-1]
        assert np.array_equal(renderer.render(page).pixels, renderer.render(page).pixels)

    def test_text_layer(self, tmp_path: Path) -> None:
        renderer = self.make_renderer()
        page = renderer.pages(renderer.open(self.make_file(tmp_path), "a"))[0]
        layer = renderer.text_layer(page)
        assert tuple(word.text for word in layer) == self.words
        for word in layer:
            assert 0 <= word.box.x0 < word.box.x1 <= page.width_pt
            assert 0 <= word.box.y0 < word.box.y1 <= page.height_pt
            assert (word.origin, word.confidence) == ("text-layer", None)

    def test_several_documents_in_turn(self, tmp_path: Path) -> None:
        renderer = self.make_renderer()
        path = self.make_file(tmp_path)
        other = tmp_path / "other.png"
        Image.new("L", (90, 60), 200).save(other)
        first, second = renderer.open(path, "a"), renderer.open(other, "b")
        assert renderer.render(renderer.pages(second)[0]).pixels.shape == (60, 90)
        assert renderer.render(renderer.pages(first)[0]).page_number == 1
        assert renderer.render(renderer.pages(second)[0]).pixels.shape == (60, 90)

    @pytest.mark.parametrize(
        ("data", "code"),
        [(b"", "empty"), (b"just some text", "not-a-document"), (b"%PDF-1.7\nnothing", "damaged")],
    )
    def test_files_that_are_no_documents(self, tmp_path: Path, data: bytes, code: str) -> None:
        path = tmp_path / "bad.pdf"
        path.write_bytes(data)
        with pytest.raises(DocumentError) as caught:
            self.make_renderer().open(path, "x/bad.pdf")
        assert (caught.value.code, caught.value.stage, caught.value.document) == (code, "pages", "x/bad.pdf")
        assert caught.value.hint

    def test_files_that_cannot_be_read(self, tmp_path: Path) -> None:
        folder = tmp_path / "folder.pdf"
        folder.mkdir()
        for path, code in ((folder, "not-a-document"), (tmp_path / "gone.pdf", "unreadable")):
            with pytest.raises(DocumentError) as caught:
                self.make_renderer().open(path, "x")
            assert (caught.value.code, caught.value.stage) == (code, "pages")

    def test_a_truncated_file_ends_in_pages_or_one_error(self, tmp_path: Path) -> None:
        data = self.make_file(tmp_path).read_bytes()
        path = tmp_path / "cut"
        for share in (0.1, 0.3, 0.5, 0.7, 0.9, 0.99):
            path.write_bytes(data[: int(len(data) * share)])
            renderer = self.make_renderer()
            assert self._outcome(renderer, path) in {"pages", "damaged", "no-pages", "not-a-document"}

    @staticmethod
    def _outcome(renderer: PageRenderer, path: Path) -> str:
        try:
            document = renderer.open(path, "cut")
            images = [renderer.render(page) for page in renderer.pages(document)]
        except DocumentError as error:
            return error.code if error.stage == "pages" and error.hint else "unnamed"
        return "pages" if images else "nothing"


class PdfMixin:
    pages = 3
    words = ("First", "page", "of", "three")

    def make_file(self, folder: Path) -> Path:
        document: Any = pymupdf.open()  # type: ignore[no-untyped-call]
        for text in ("First page of three", "Second page", "Third page"):
            document.new_page(width=300, height=200).insert_text((40, 50), text)
        document.save(folder / "a.pdf")
        return folder / "a.pdf"


class TestPdf(PdfMixin, RendererContract):
    def make_renderer(self) -> PageRenderer:
        return DocumentRenderer()


class _ImageContract(RendererContract):
    kind = "PNG"
    mode = "L"

    def make_renderer(self) -> PageRenderer:
        return DocumentRenderer()

    def make_file(self, folder: Path) -> Path:
        sheets = [
            Image.linear_gradient("L").resize((120 + i, 90)).convert(self.mode) for i in range(self.pages)
        ]
        options: dict[str, Any] = {"save_all": True, "append_images": sheets[1:]} if self.pages > 1 else {}
        sheets[0].save(folder / "a.img", self.kind, **options)
        return folder / "a.img"


class TestPng(_ImageContract):
    pass


class TestJpeg(_ImageContract):
    kind, mode = "JPEG", "RGB"


class TestWebp(_ImageContract):
    kind, mode = "WEBP", "RGB"


class TestBmp(_ImageContract):
    kind, mode = "BMP", "1"


class TestTiff(_ImageContract):
    kind, mode, pages = "TIFF", "1", 3


class TestMail(RendererContract):
    words = ("From:", "a@b.c", "To:", "d@e.f", "Order", "4711", "Total:", "12.00")

    def make_renderer(self) -> PageRenderer:
        return DocumentRenderer()

    def make_file(self, folder: Path) -> Path:
        (folder / "a.eml").write_bytes(
            b"Message-ID: <x@y.z>\r\nFrom: a@b.c\r\nTo: d@e.f\r\nSubject: Order 4711\r\n\r\nTotal: 12.00\r\n"
        )
        return folder / "a.eml"


class TestWordFile(RendererContract):
    words = ("A", "heading", "Some", "text", "below.")

    def make_renderer(self) -> PageRenderer:
        pytest.importorskip("unstructured", reason="the extra office is not installed")
        return DocumentRenderer()

    def make_file(self, folder: Path) -> Path:
        docx = pytest.importorskip("docx", reason="the extra office is not installed")
        document = docx.Document()
        document.add_heading("A heading", 1)
        document.add_paragraph("Some text below.")
        document.save(str(folder / "a.docx"))
        return folder / "a.docx"
