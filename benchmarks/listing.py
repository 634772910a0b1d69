"""What listing a bucket and fetching a large object cost: both made up by a server on this machine, CPU and
memory of the reader alone.

`python benchmarks/listing.py [--keys 1000000] [--large-gb 5]`
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import resource
import sys
import tempfile
import time
from collections.abc import Iterator
from multiprocessing.connection import Connection
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests"))

from services.stub_bucket import KEYS, StubBucket, make_etag

_SIZE = 123_456
LARGE_KEY = "large/scan.pdf"


class LargeObject(bytes):
    """So many zeros, of which only the part that is asked for is ever held."""

    size: int

    def __len__(self) -> int:
        return self.size

    def __getitem__(self, span: object) -> bytes:
        assert isinstance(span, slice)
        return bytes(span.stop - span.start)


class MadeUpBucket(StubBucket):
    """So many keys, as contracts are kept: by year, customer and number. None of them is held."""

    def __init__(self, count: int, large_bytes: int) -> None:
        large = LargeObject()
        large.size = large_bytes
        super().__init__({LARGE_KEY: large})
        self._count = count

    def select(self, prefix: str, after: str, most: int) -> Iterator[tuple[str, int, str]]:
        first = int(after[-12:-4]) + 1 if after else 0
        for number in range(first, min(first + most, self._count)):
            yield make_key(number), _SIZE, f"{number:032x}"


def make_key(number: int) -> str:
    """In the order of their numbers."""
    customer = number // 100 % 1000
    return f"contracts/{number // 100_000:04}/Kunde Müller & Söhne {customer:04}/vertrag {number:08}.pdf"


def serve(count: int, large_bytes: int, pipe: Connection) -> None:
    with MadeUpBucket(count, large_bytes) as bucket:
        pipe.send(bucket.endpoint_url)
        pipe.recv()
        pipe.send(time.process_time())


def read(endpoint_url: str, pipe: Connection) -> None:
    """List everything and say what that took. Memory is of the whole process, its imports included."""
    from docai.sources.bucket import BucketSource
    from docai.sources.s3_access import S3Access

    source = BucketSource("s3://stub/contracts/", S3Access(endpoint_url=endpoint_url, keys=KEYS))
    before_mb = measure_mb()
    start = time.perf_counter(), time.process_time()
    count = characters = 0
    tenth_mb = 0.0
    for item in source.items():
        count += 1
        characters += len(item.uri)
        if count == 100_000:
            tenth_mb = measure_mb()
    pipe.send(
        {
            "keys": count,
            "characters": characters,
            "seconds": time.perf_counter() - start[0],
            "cpu_s": time.process_time() - start[1],
            "memory_before_mb": before_mb,
            "memory_after_100000_mb": tenth_mb,
            "memory_mb": measure_mb(),
        }
    )


def fetch(endpoint_url: str, size: int, pipe: Connection) -> None:
    """Bring the large object to a file of this machine and say what that took."""
    from docai.sources.bucket import BucketSource
    from docai.sources.s3_access import S3Access
    from docai.types import SourceItem

    access = S3Access(endpoint_url=endpoint_url, keys=KEYS)
    source = BucketSource("s3://stub/", access, max_bytes=size)
    item = SourceItem(f"s3://stub/{LARGE_KEY}", size, make_etag(b""))
    before_mb = measure_mb()
    start = time.perf_counter(), time.process_time()
    with tempfile.TemporaryDirectory() as folder:
        found = source.fetch(item, Path(folder) / "spool").stat().st_size
    pipe.send(
        {
            "bytes": found,
            "seconds": time.perf_counter() - start[0],
            "cpu_s": time.process_time() - start[1],
            "memory_before_mb": before_mb,
            "memory_mb": measure_mb(),
        }
    )


def measure_mb() -> float:
    """The most that this process ever held."""
    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return most / (1 << 20 if sys.platform == "darwin" else 1 << 10)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--keys", type=int, default=1_000_000)
    parser.add_argument("--large-gb", type=int, default=0, help="fetch an object of this size instead")
    given = parser.parse_args()
    large_bytes = given.large_gb << 30
    spawn = multiprocessing.get_context("spawn")  # a forked reader would count the server's memory as its own
    here, there = spawn.Pipe()
    server = spawn.Process(target=serve, args=(given.keys, large_bytes, there))
    server.start()
    endpoint_url = here.recv()
    out, into = spawn.Pipe()
    if large_bytes:
        reader = spawn.Process(target=fetch, args=(endpoint_url, large_bytes, into))
    else:
        reader = spawn.Process(target=read, args=(endpoint_url, into))
    reader.start()
    into.close()
    result = out.recv()
    reader.join()
    here.send("stop")
    result["server_cpu_s"] = here.recv()
    server.join()
    if (result.get("bytes"), result.get("keys")) not in ((large_bytes, None), (None, given.keys)):
        raise SystemExit(f"not all of it: {result}")
    print(json.dumps({k: round(v, 1) for k, v in result.items()}, indent=1))


if __name__ == "__main__":
    main()
