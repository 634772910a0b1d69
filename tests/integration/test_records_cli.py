"""`docai records` on a workspace with real files: a picture, its twin, and a failure."""

from __future__ import annotations

import hashlib
import json
import os
import re
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest
from PIL import Image, ImageDraw

from docai.types import (
    Box,
    DocumentRef,
    ErrorInfo,
    Evidence,
    FailedDocument,
    Failure,
    FieldValue,
    Page,
    Record,
    Run,
    SchemaRef,
    SourceItem,
)
from docai.workspace import open_workspace
from docai.workspace.export import parse_line

REPOSITORY = Path(__file__).resolve().parents[2]
DPI = 150
PLACE = Box(48.0, 96.0, 144.0, 115.2)  # 100, 200, 300, 240 in pixels


@dataclass(frozen=True)
class Result:
    code: int
    out: str
    err: str


def docai(*arguments: str, cwd: Path) -> Result:
    done = subprocess.run(
        [sys.executable, "-m", "docai.cli.main", *arguments],
        cwd=cwd,
        capture_output=True,
        text=True,
        env={**os.environ, "PYTHONPATH": str(REPOSITORY), "COLUMNS": "200"},
    )
    assert "Traceback" not in done.stderr
    return Result(done.returncode, done.stdout, done.stderr)


def draw_page(path: Path) -> str:
    """A page with black ink at `PLACE`; returns the document id."""
    path.parent.mkdir(exist_ok=True)
    page = Image.new("L", (1240, 1754), 255)
    ImageDraw.Draw(page).rectangle((100, 200, 300, 240), fill=0)
    page.save(path, dpi=(DPI, DPI))
    return "sha256:" + hashlib.sha256(path.read_bytes()).hexdigest()


def make_record(document_id: str, uri: str) -> Record:
    evidence = Evidence(page=1, quote="Delaware", match="exact", score=1.0, boxes=(PLACE,))
    return Record(
        document=DocumentRef(id=document_id, uri=uri, page_count=1),
        schema_ref=SchemaRef(id="contract", hash="sha256:5c"),
        complete=True,
        values={"governing_law": "Delaware", "expiration_date": None},
        fields=(
            FieldValue(
                path="/governing_law",
                value="Delaware",
                status="grounded",
                confidence=0.97,
                evidence=(evidence,),
            ),
            FieldValue(path="/expiration_date", status="missing", reason="not_found"),
        ),
        run=Run(docai="0.1.0", engine="extractive"),
    )


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A workspace: `in/acme.png`, the same bytes as `in/twin.png`, and `in/broken.pdf`, which failed."""
    document_id = draw_page(tmp_path / "in" / "acme.png")
    (tmp_path / "in" / "twin.png").write_bytes((tmp_path / "in" / "acme.png").read_bytes())
    with open_workspace(tmp_path) as workspace:
        for uri in ("in/acme.png", "in/twin.png"):
            workspace.ledger.put_item(SourceItem(uri, 1, "v1"), document_id)
        workspace.outcomes.create("a", [make_record(document_id, "in/acme.png")])
        broken = Failure(
            document=FailedDocument(uri="in/broken.pdf"),
            error=ErrorInfo(code="damaged-file", message="not a PDF", stage="pages"),
        )
        workspace.outcomes.create("b", [broken])
        workspace.pages.put_page(Page(document_id, 1, 595.2, 841.9, DPI, DPI, "native", turned=180), "r")
    return tmp_path


def test_list_gives_a_line_for_each_file(folder: Path) -> None:
    result = docai("records", "list", cwd=folder / "in")
    assert result.code == 0
    outcomes = [parse_line(line) for line in result.out.splitlines()]
    assert [outcome.document.uri for outcome in outcomes] == ["in/acme.png", "in/broken.pdf", "in/twin.png"]
    only = docai("records", "list", "--schema", "contract", cwd=folder)
    assert len(only.out.splitlines()) == 2


def test_show_finds_a_document_by_name_path_and_id(folder: Path) -> None:
    listed = json.loads(docai("records", "list", cwd=folder).out.splitlines()[0])
    for name in ("acme.png", "in/acme.png", listed["document"]["id"], listed["document"]["id"][7:15]):
        result = docai("records", "show", name, "--json", cwd=folder)
        assert (result.code, result.err) == (0, "")
        assert json.loads(result.out)["values"]["governing_law"] == "Delaware"


def test_show_gives_one_field(folder: Path) -> None:
    result = docai("records", "show", "twin.png", "--field", "governing_law", cwd=folder)
    assert [json.loads(line)["value"] for line in result.out.splitlines()] == ["Delaware"]
    wrong = docai("records", "show", "twin.png", "--field", "/law", cwd=folder)
    assert wrong.code == 2
    assert "/governing_law" in wrong.err


def test_show_draws_the_page_upright_with_its_evidence(folder: Path) -> None:
    result = docai("records", "show", "acme.png", "--image", "out.png", cwd=folder)
    assert (result.code, result.out) == (0, "")
    assert "page 1 of in/acme.png" in result.err
    with Image.open(folder / "out.png") as figure:
        assert figure.height > 1500
        # The page was read upside down, so the ink is near the picture's lower right.
        dark = figure.convert("L").point(lambda value: 255 if value < 40 else 0).crop((44, 44, 1104, 1544))
        left, top, _, bottom = dark.getbbox() or (0, 0, 0, 0)
        assert left > 700
        assert (top + bottom) / 2 > 1100


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("records", "show", "nothing.pdf"), "no record of nothing.pdf"),
        (("records", "show", "acme.png", "--image", "out.txt"), "out.txt"),
        (("records", "show", "acme.png", "--image", "out.png", "--page", "7"), "no page 7"),
        (("records", "show", "broken.pdf", "--image", "out.png"), "no evidence"),
        (("records", "export", "out.doc"), ".xlsx"),
        (("records", "list", "--workspace", "nowhere"), "no workspace"),
    ],
)
def test_what_cannot_be_done_is_one_line_and_exit_code_2(
    folder: Path, arguments: tuple[str, ...], says: str
) -> None:
    result = docai(*arguments, cwd=folder)
    assert result.code == 2
    assert says in result.err
    assert len(result.err.splitlines()) == 1


def test_evidence_is_not_drawn_on_a_file_that_was_edited(folder: Path) -> None:
    (folder / "in" / "acme.png").write_bytes(b"other")
    result = docai("records", "show", "in/acme.png", "--image", "out.png", cwd=folder)
    assert result.code == 1
    assert "changed since" in result.err
    assert not (folder / "out.png").exists()


def test_a_name_that_means_two_documents_is_refused(folder: Path) -> None:
    other = draw_page(folder / "more" / "acme.png").replace("a", "b")
    with open_workspace(folder) as workspace:
        workspace.outcomes.create("c", [make_record(other, "more/acme.png")])
    result = docai("records", "show", "acme.png", cwd=folder)
    assert result.code == 2
    assert "in/acme.png, more/acme.png" in result.err
    assert docai("records", "show", "more/acme.png", cwd=folder).code == 0


def test_export_writes_a_workbook_with_crops(folder: Path) -> None:
    result = docai("records", "export", "out.xlsx", cwd=folder)
    assert result.code == 0
    assert "3 records" in result.err
    pictures = sorted((folder / "out.xlsx.evidence").rglob("*.png"))
    assert [picture.parent.name for picture in pictures] == ["00001-acme", "00002-twin"]
    with Image.open(pictures[0]) as crop:
        assert crop.getpixel((crop.width // 2, crop.height // 2)) == (0, 0, 0)


def test_export_writes_lines_that_are_the_listing(folder: Path) -> None:
    assert docai("records", "export", "out.jsonl", cwd=folder).code == 0
    assert (folder / "out.jsonl").read_text() == docai("records", "list", cwd=folder).out


@pytest.mark.skipif(sys.platform == "win32", reason="needs a pseudo-terminal")
def test_on_a_terminal_there_is_a_table(folder: Path) -> None:
    import pty

    ours, theirs = pty.openpty()
    with subprocess.Popen(
        [sys.executable, "-m", "docai.cli.main", "records", "list"],
        cwd=folder,
        stdout=theirs,
        env={**os.environ, "PYTHONPATH": str(REPOSITORY), "COLUMNS": "160", "TERM": "xterm"},
    ) as process:
        os.close(theirs)
        shown = b""
        while True:
            try:
                part = os.read(ours, 65536)
            except OSError:  # Linux says so when the other end is closed
                break
            if not part:
                break
            shown += part
    os.close(ours)
    assert process.returncode == 0
    lines = re.sub(r"\x1b\[[0-9;]{0,9}m", "", shown.decode()).splitlines()
    assert lines[0].split() == ["id", "file", "schema", "pages", "fields", "when"]
    assert "1 grounded, 1 missing" in lines[1]
    assert "damaged-file: not a PDF" in lines[2]


def test_the_history_is_listed_when_asked_for(folder: Path) -> None:
    with open_workspace(folder) as workspace:
        assert workspace.ledger.retire_missing(["in"], {"in/acme.png"}) == ["in/broken.pdf", "in/twin.png"]
    assert len(docai("records", "list", cwd=folder).out.splitlines()) == 1
    assert len(docai("records", "list", "--history", cwd=folder).out.splitlines()) == 3
