"""`docai batch` from a bucket with every key that S3 allows, each with its own outcome."""

from __future__ import annotations

import json
from pathlib import Path

from benchmark_modules import load_benchmark
from docai_process import FIXTURES, run_docai
from services.stub_bucket import KEYS, StubBucket

from docai.sources.bucket import BucketSource
from docai.sources.folder_store import FolderStore

ODD = (
    "in/../up.pdf",
    "in//two slashes.pdf",
    "in/./here.pdf",
    "in/ü ñ 文 %25+&#?.pdf",
    "in/line\nbreak.pdf",
    "in/Contract No. 5",
    "in/" + "k" * 1017 + ".pdf",
)
LEFT_ALONE = {
    "in/": b"",
    "in/folder/": b"",
    "in/notes.log": b"x",
    "in/.hidden.pdf": b"x",
    "other/a.pdf": b"x",
}


def test_every_key_has_its_outcome(tmp_path: Path) -> None:
    document = (FIXTURES / "invoices" / "fernhill-joinery.pdf").read_bytes()
    failing = {"in/empty.pdf": b"", "in/huge.pdf": bytes(2 << 20)}
    (tmp_path / "small.yaml").write_text("schema: invoice\nlimits: {document_mb: 1, workers: 1}\n")
    with StubBucket(dict.fromkeys(ODD, document) | failing | LEFT_ALONE) as bucket:
        environment = {
            "AWS_ACCESS_KEY_ID": KEYS.access_key_id,
            "AWS_SECRET_ACCESS_KEY": KEYS.secret_access_key,
            "AWS_ENDPOINT_URL_S3": bucket.endpoint_url,
            "AWS_REGION": "us-east-1",
        }
        words = ("batch", "s3://stub/in/", "out", "--pipeline", "small.yaml")
        done = run_docai(*words, cwd=tmp_path, **environment)
        assert done.returncode == 1, done.stderr
        listing = list(BucketSource("s3://stub/in/", bucket.access()).items())
        assert "GET /stub/in/huge.pdf" not in bucket.requests
    assert len(listing) == len(ODD) + len(failing)
    status = json.loads(run_docai("batch", "status", "out", cwd=tmp_path).stdout)
    assert status["items"] == len(listing)
    assert status["records"] == len(ODD)
    assert status["shared"] == len(ODD) - 1
    assert status["failed"] == {"empty": 1, "too-large": 1}
    check_batch = load_benchmark("batch_check").check_batch
    assert check_batch(FolderStore(tmp_path / "out"), status["recipe"], listing) == []
