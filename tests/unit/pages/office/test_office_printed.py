"""Office files as LibreOffice prints them: pages with boxes, and nothing fetched on the way."""

from __future__ import annotations

import socket
from pathlib import Path

import pytest
from office_files import make_contract, needs_extra, rewrite_part

from docai.errors import DocumentError
from docai.pages.office.convert import find_libreoffice
from docai.pages.renderer import DocumentRenderer

pytestmark = pytest.mark.skipif(find_libreoffice() is None, reason="LibreOffice is not installed")

RTF = r"{\rtf1\ansi This letter is governed by the laws of the State of Oregon.\par}"
LINKED = (
    '<w:p><w:r><w:drawing><wp:inline xmlns:wp="http://schemas.openxmlformats.org/drawingml/2006/'
    'wordprocessingDrawing"><wp:extent cx="900000" cy="900000"/><wp:docPr id="1" name="x"/><a:graphic '
    'xmlns:a="http://schemas.openxmlformats.org/drawingml/2006/main"><a:graphicData uri="http://schemas.'
    'openxmlformats.org/drawingml/2006/picture"><pic:pic xmlns:pic="http://schemas.openxmlformats.org/'
    'drawingml/2006/picture"><pic:nvPicPr><pic:cNvPr id="0" name="x"/><pic:cNvPicPr/></pic:nvPicPr>'
    '<pic:blipFill><a:blip xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships" '
    'r:link="%s"/><a:stretch><a:fillRect/></a:stretch></pic:blipFill><pic:spPr><a:xfrm><a:off x="0" y="0"/>'
    '<a:ext cx="900000" cy="900000"/></a:xfrm><a:prstGeom prst="rect"/></pic:spPr></pic:pic></a:graphicData>'
    "</a:graphic></wp:inline></w:drawing></w:r></w:p>"
)


def test_a_file_that_only_libreoffice_reads(tmp_path: Path) -> None:
    path = tmp_path / "letter.rtf"
    path.write_text(RTF)
    renderer = DocumentRenderer()
    document = renderer.open(path, "letter.rtf")
    (page,) = renderer.pages(document)
    assert page.locators == ()
    words = renderer.text_layer(page)
    assert " ".join(word.text for word in words).endswith("the laws of the State of Oregon.")
    pixels = renderer.render(page).pixels
    x0, y0, x1, y1 = (round(side * page.dpi_x / 72) for side in words[0].box)
    assert pixels[y0:y1, x0:x1].min() < 100
    renderer.close()


@needs_extra
def test_pages_where_they_are_wanted(tmp_path: Path) -> None:
    path = make_contract(tmp_path / "a.docx")
    renderer = DocumentRenderer(office="pages")
    pages = renderer.pages(renderer.open(path, "a.docx"))
    assert all(page.locators == () for page in pages)
    assert "Oregon," in [word.text for word in renderer.text_layer(pages[0])]
    renderer.close()


@needs_extra
def test_linked_pictures_are_not_fetched(tmp_path: Path) -> None:
    """LibreOffice asks for such a picture three times where its settings let it."""
    import docx
    from docx.opc.constants import RELATIONSHIP_TYPE

    path = tmp_path / "linked.docx"
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        server.listen()
        server.setblocking(False)
        document = docx.Document()
        address = f"http://127.0.0.1:{server.getsockname()[1]}/x.png"
        link = document.part.relate_to(address, RELATIONSHIP_TYPE.IMAGE, is_external=True)
        document.add_paragraph("MARK")
        document.save(str(path))
        rewrite_part(
            path,
            "word/document.xml",
            lambda data: data.replace(
                b"<w:p><w:r><w:t>MARK", (LINKED % link).encode() + b"<w:p><w:r><w:t>MARK"
            ),
        )
        renderer = DocumentRenderer(office="pages")
        assert len(renderer.pages(renderer.open(path, "linked.docx"))) == 1
        with pytest.raises(BlockingIOError):
            server.accept()
    renderer.close()


def test_what_libreoffice_cannot_open(tmp_path: Path) -> None:
    path = tmp_path / "a.doc"
    path.write_bytes(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\xff" * 520 + "WordDocument".encode("utf-16-le"))
    with pytest.raises(DocumentError) as caught:
        DocumentRenderer().open(path, "a.doc")
    assert caught.value.stage == "pages"
    assert caught.value.hint
