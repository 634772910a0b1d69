"""A second look at what is disputed, through the command line: crops of the page's own pixels, read alone."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from docai_process import read_lines, run_docai
from numpy.typing import NDArray
from test_vlm_engine import contracts, find_fields, serve, tell_truth
from truth_script import Claims, TruthScript

from docai.schema import load_schema

__all__ = ["contracts"]  # a fixture

PRINTED = """SERVICES AGREEMENT
This agreement is made between Alder Works Ltd and Pine Trading Inc.
The supplier provides the services named in the schedule to the customer.
The fees are due within thirty days of the invoice.
Neither party may assign this agreement without consent of the other."""
HAND = "14 March 2021"


def spoil_date(file: str, number: int, claims: Claims) -> Claims:
    return [
        {**c, "value": c["value"].replace("2023", "2028")} if c["field"] == "/effective_date" else c
        for c in claims
    ]


def extract(folder: Path, url: str, *words: str) -> dict[str, dict[str, Any]]:
    done = run_docai(
        "extract", "inbox", "--schema", "contract", "--base-url", url, "-j", 1, *words, cwd=folder
    )
    assert done.returncode == 0, done.stderr
    (record,) = read_lines(done.stdout).values()
    return {"record": record, **find_fields(record)}


def test_a_value_that_the_page_does_not_show_is_looked_at_and_stays_out(contracts: Path) -> None:
    truth = tell_truth(spoil_date)
    with serve(truth.script()) as server:
        fields = extract(contracts.parent, server.base_url)
        looked = list(truth.looked)
        again = extract(contracts.parent, server.base_url)
    date = fields["/effective_date"]
    assert date["value"] == "2023-10-01" or date["status"] == "unsupported"
    assert any("2023" in text for _, _, text in looked), "the place itself was read"
    assert len(looked) <= 2 * 4
    assert again["record"] == fields["record"]
    assert truth.looked == looked, "nothing is looked at twice"


def draw_page() -> tuple[NDArray[np.uint8], list[list[Any]]]:
    """A printed page with a date by hand, and its true words with their boxes in pixels."""
    pixels = np.full((1654, 1240), 255, np.uint8)
    words: list[list[Any]] = []

    def put(text: str, x: int, y: int) -> int:
        for word in text.split():
            (width, height), _ = cv2.getTextSize(word, cv2.FONT_HERSHEY_DUPLEX, 0.8, 1)
            cv2.putText(pixels, word, (x, y), cv2.FONT_HERSHEY_DUPLEX, 0.8, 0, 1, cv2.LINE_AA)
            words.append([word, x, y - height, x + width, y])
            x += width + 14
        return x

    for number, line in enumerate(PRINTED.splitlines()):
        put(line, 100, 150 + 60 * number)
    left = put("Signed on", 100, 900)
    hand = np.full((200, 900), 255, np.uint8)
    cv2.putText(hand, HAND, (120, 120), cv2.FONT_HERSHEY_SCRIPT_COMPLEX, 2.2, 0, 4, cv2.LINE_AA)
    slanted = np.array([[1, -1.0, 100], [0.03, 1, -10]], np.float32)
    hand = cv2.warpAffine(hand, slanted, (900, 200), borderValue=255).astype(np.uint8)
    down, across = np.mgrid[0:200, 0:900].astype(np.float32)
    waves = (across + 10 * np.sin(down / 11), down + 10 * np.sin(across / 11))
    hand = cv2.remap(hand, *waves, cv2.INTER_LINEAR, borderValue=255).astype(np.uint8)
    columns = np.flatnonzero((hand < 255).any(axis=0))
    hand = hand[:, columns[0] : columns[-1] + 1]
    pixels[790:990, left : left + hand.shape[1]] = hand
    step = hand.shape[1] / 3
    for number, word in enumerate(HAND.split()):
        words.append([word, left + number * step, 850, left + (number + 1) * step, 930])
    return pixels, words


@pytest.fixture
def signed(tmp_path: Path) -> Path:
    """A folder with a scan that is dated by hand, its words and its labels."""
    pixels, words = draw_page()
    (tmp_path / "inbox").mkdir()
    (tmp_path / "words").mkdir()
    cv2.imwrite(str(tmp_path / "signed.png"), pixels)
    shutil.copy(tmp_path / "signed.png", tmp_path / "inbox")
    page = {"page": 1, "width_px": 1240, "height_px": 1654, "words": words}
    (tmp_path / "words/signed.jsonl").write_text(json.dumps(page))
    label = {"file": "signed.png", "fields": {"agreement_date": "2021-03-14"}}
    (tmp_path / "labels.jsonl").write_text(json.dumps(label))
    return tmp_path


def test_what_is_written_by_hand_is_seen_and_never_enters_by_itself(signed: Path) -> None:
    truth = TruthScript(signed, load_schema("contract"), ["signed.png"])
    with serve(truth.script()) as server:
        fields = extract(signed, server.base_url)
    date = fields["/agreement_date"]
    assert (date["value"], date["status"]) == ("2021-03-14", "seen")
    assert fields["record"]["values"]["agreement_date"] is None
    (evidence,) = date["evidence"]
    assert evidence["match"] == "region"
    assert HAND in evidence["quote"]
    assert sum(HAND in text for _, _, text in truth.looked) >= 2, "from two crops"
