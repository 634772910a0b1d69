"""Small pages and outcomes for these tests."""

from __future__ import annotations

from docai.types import (
    Box,
    DocumentRef,
    ErrorInfo,
    Evidence,
    FailedDocument,
    Failure,
    FieldValue,
    Issue,
    Page,
    Record,
    Region,
    Run,
    SchemaRef,
    Word,
)


def make_page(document_id: str = "sha256:aa", number: int = 1, words: int = 5) -> Page:
    return Page(
        document_id=document_id,
        number=number,
        width_pt=595.276,
        height_pt=841.89,
        dpi_x=200.0,
        dpi_y=199.5,
        image_kind="native",
        turned=90,
        skew_deg=-0.37,
        words=tuple(
            Word(f"wörd{i}", Box(10.0 + i, 20.25, 15.5 + i, 30.01), 0.9871 if i % 2 else None, "ocr", i // 3)
            for i in range(words)
        ),
        regions=(Region(Box(1.0, 2.0, 3.0, 4.0), "ink"),),
        reader="tesseract",
        issues=(Issue("reading", "low-confidence", "hard to read", number),),
    )


def make_record(
    document_id: str = "sha256:aa", uri: str = "a.pdf", schema: str = "contract", law: str = "Delaware"
) -> Record:
    evidence = Evidence(page=1, quote=law, match="exact", score=1.0, boxes=(Box(72.0, 100.0, 140.0, 112.0),))
    return Record(
        document=DocumentRef(id=document_id, uri=uri, page_count=3),
        schema_ref=SchemaRef(id=schema, hash="sha256:5c"),
        complete=True,
        values={
            "governing_law": law,
            "parties": ["Acme GmbH", "=cmd|' /C calc'!A0"],
            "expiration_date": None,
        },
        fields=(
            FieldValue(
                path="/governing_law", value=law, status="grounded", confidence=0.97, evidence=(evidence,)
            ),
            FieldValue(path="/parties/0", value="Acme GmbH", status="grounded", confidence=0.9),
            FieldValue(path="/parties/1", value="=cmd|' /C calc'!A0", status="grounded", confidence=0.9),
            FieldValue(path="/expiration_date", status="missing", reason="not_found"),
        ),
        run=Run(docai="0.1.0", engine="extractive", seconds=0.5),
    )


def make_invoice(uri: str = "invoice.pdf") -> Record:
    rows = [
        {"description": "Nägel", "total": 12.5, "tags": ["a", "b"]},
        {"description": "Holz", "total": None, "tags": []},
    ]
    boxes = (Box(72.0, 200.0, 120.0, 210.0),)
    return Record(
        document=DocumentRef(id="sha256:cc", uri=uri, page_count=1),
        schema_ref=SchemaRef(id="invoice", hash="sha256:1f"),
        complete=False,
        values={
            "number": "0042",
            "total": 12.5,
            "paid": False,
            "line_items": rows,
            "seller": {"name": "Ö/Co"},
        },
        fields=(
            FieldValue(path="/number", value="0042", status="grounded", confidence=0.8),
            FieldValue(path="/total", value=12.5, status="inferred", confidence=0.7, unit="EUR"),
            FieldValue(
                path="/line_items/0/total",
                value=12.5,
                status="grounded",
                confidence=0.9,
                evidence=(Evidence(page=1, quote="12,50", match="normalized", score=1.0, boxes=boxes),),
            ),
            FieldValue(path="/line_items/1/total", status="missing", reason="blank"),
        ),
        run=Run(docai="0.1.0", engine="extractive"),
    )


def make_failure(uri: str = "broken.pdf", document_id: str | None = None) -> Failure:
    return Failure(
        document=FailedDocument(id=document_id, uri=uri),
        error=ErrorInfo(code="damaged-file", message="not a PDF", stage="pages", hint="open it in a viewer"),
    )
