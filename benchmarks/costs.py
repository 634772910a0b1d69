"""What docai costs: start-up, memory over a long scan, CPU of extraction and grounding, installed size.

    python benchmarks/costs.py [--pages 400] [--data ../shared/data]

Prints markdown. CPU seconds are of this process or its children; memory is resident set size.
"""

from __future__ import annotations

import argparse
import resource
import subprocess
import sys
import sysconfig
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
DATA = ROOT.parent / "shared" / "data"


def measure_children_cpu_s(command: list[str], repeats: int = 5) -> float:
    """The least CPU seconds of several runs of a command."""
    best = float("inf")
    for _ in range(repeats):
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        subprocess.run(command, check=True, capture_output=True)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        best = min(best, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)
    return best


def read_resident_mb() -> float:
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * resource.getpagesize() / 1e6


def make_long_scan(target: Path, count: int, data: Path) -> None:
    """The scanned contracts, one after the other, until the file has `count` pages."""
    import pymupdf

    out = pymupdf.open()
    files = sorted((data / "contracts/scans").glob("*.pdf"))
    while out.page_count < count:
        for file in files:
            with pymupdf.open(file) as source:
                last = min(source.page_count, count - out.page_count) - 1
                if last >= 0:
                    out.insert_pdf(source, to_page=last)
    out.save(target)
    out.close()


def measure_long_scan(count: int, data: Path) -> None:
    """Resident memory of one worker while it reads and then extracts a long scan; CPU per page."""
    from docai.pipeline import ExtractTask, OpenTask, ReadTask
    from docai.schema import load_schema
    from docai.wiring import WorkerSpec
    from docai.workspace.codec import decode_page, encode_page

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "long.pdf"
        make_long_scan(path, count, data)
        worker = WorkerSpec(schema=load_schema("contract"), languages=("eng",))()
        opened = worker(OpenTask(path, "long.pdf"))
        started = time.process_time()
        read, resident = [], []
        for page in opened.pages:
            # As a job keeps them: compact, so that what grows here is the worker and not this list.
            read.append(encode_page(worker(ReadTask(path, "long.pdf", page))))
            resident.append(read_resident_mb())
        reading_s = time.process_time() - started
        started = time.process_time()
        worker(ExtractTask(opened.document, tuple(map(decode_page, read))))
        extraction_s = time.process_time() - started
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1000
    print(
        f"| one worker, {count}-page scan: resident at page 20 / at the end / peak | "
        f"{resident[19]:.0f} / {resident[-1]:.0f} / {peak:.0f} MB |"
    )
    print(
        f"| … CPU a page: reading / extraction and grounding | "
        f"{reading_s / count:.2f} / {extraction_s / count:.3f} s |"
    )


def measure_installed_mb() -> float:
    """Size of the environment this runs in; meaningful in one that holds docai alone."""
    site = Path(sysconfig.get_paths()["purelib"])
    return sum(f.stat().st_size for f in site.rglob("*") if f.is_file() and not f.is_symlink()) / 1e6


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pages", type=int, default=400)
    parser.add_argument("--data", type=Path, default=DATA)
    arguments = parser.parse_args()
    print("| what | measured |\n|---|---|")
    imported = measure_children_cpu_s([sys.executable, "-c", "import docai"])
    helped = measure_children_cpu_s([sys.executable, "-m", "docai.cli.main", "--help"])
    print(f"| `docai --help` / `import docai` | {helped:.2f} / {imported:.2f} CPU-s |")
    print(f"| this environment's site-packages | {measure_installed_mb():.0f} MB |")
    measure_long_scan(arguments.pages, arguments.data)


if __name__ == "__main__":
    main()
