"""Office files as LibreOffice prints them: a PDF, whose pages have boxes and pixels like any other.

LibreOffice runs without a window, with a profile of its own that ends with the file, without macros, and with
every way to the network shut that it has a setting for.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from functools import partial
from pathlib import Path

from docai.errors import DocumentError
from docai.pages import media
from docai.pages.confine import die_with_parent
from docai.pages.file import PagePlan, TextLayer
from docai.pages.limits import STAGE, PageLimits
from docai.pages.pdf import PdfFile
from docai.types import Issue, PageImage

TIMEOUT_S = 100.0
_SUFFIXES = {
    media.DOCX: ".docx",
    media.XLSX: ".xlsx",
    media.PPTX: ".pptx",
    media.DOC: ".doc",
    media.XLS: ".xls",
    media.PPT: ".ppt",
    media.ODT: ".odt",
    media.ODS: ".ods",
    media.ODP: ".odp",
    media.RTF: ".rtf",
}
_RESTART = 81
"""Exit code by which LibreOffice asks to be started again: it does so once it has filled a new profile."""
_STARTS = 3
_NOWHERE = "127.0.0.1"
_DISCARD_PORT = "9"
_SETTINGS = (
    ("Office.Common/Security/Scripting", "DisableMacrosExecution", "true"),
    ("Office.Common/Security/Scripting", "BlockUntrustedRefererLinks", "true"),
    ("Office.Common/Security/Scripting", "DisableActiveContent", "true"),
    ("Office.Writer/Content/Update", "Link", "0"),
    ("Office.Calc/Content/Update", "Link", "2"),
    ("Inet/Settings", "ooInetProxyType", "2"),
    *((("Inet/Settings", f"ooInet{kind}ProxyName", _NOWHERE)) for kind in ("HTTP", "HTTPS")),
    *((("Inet/Settings", f"ooInet{kind}ProxyPort", _DISCARD_PORT)) for kind in ("HTTP", "HTTPS")),
)


class PrintedFile:
    """Satisfies `PageFile`: the pages of the PDF that LibreOffice makes of an office file."""

    def __init__(self, path: Path, uri: str, media_type: str, limits: PageLimits) -> None:
        """Raises `DocumentError`: `libreoffice-missing`, `timeout`, `damaged`, and what a PDF may end in."""
        self.media_type = media_type
        self._folder = tempfile.TemporaryDirectory(prefix="docai-")
        try:
            printed = print_office(path, Path(self._folder.name), uri, media_type)
            self._pdf = PdfFile(printed, uri, None, limits)
        except BaseException:
            self._folder.cleanup()
            raise
        self.page_count = self._pdf.page_count

    def plan(self, number: int) -> PagePlan:
        return self._pdf.plan(number)

    def render(self, number: int) -> PageImage:
        return self._pdf.render(number)

    def text_layer(self, number: int) -> TextLayer:
        return self._pdf.text_layer(number)

    def find_damage(self) -> Issue | None:
        return self._pdf.find_damage()

    def close(self) -> None:
        self._pdf.close()
        self._folder.cleanup()


def find_libreoffice() -> Path | None:
    """The program itself, not the script around it: a kill must reach it."""
    for name in ("soffice", "libreoffice"):
        if found := shutil.which(name):
            script = Path(found).resolve()
            program = script.with_name("soffice.bin")
            return program if program.is_file() else script
    return None


def print_office(path: Path, folder: Path, uri: str, media_type: str) -> Path:
    """The PDF of an office file, in `folder`, which belongs to this file alone."""
    program = find_libreoffice()
    if program is None:
        raise DocumentError(
            "libreoffice-missing",
            "is an office file that docai reads through LibreOffice, which is not installed",
            document=uri,
            stage=STAGE,
            hint="install LibreOffice, or save it as .docx, .xlsx or .pptx",
        )
    source = folder / f"document{_SUFFIXES[media_type]}"
    shutil.copyfile(path, source)
    profile = folder / "profile"
    _write_profile(profile)
    command = [
        str(program),
        f"-env:UserInstallation={profile.as_uri()}",
        *("--headless", "--norestore", "--nolockcheck", "--nodefault", "--nologo"),
        *("--convert-to", "pdf", "--outdir", str(folder), str(source)),
    ]
    deadline = time.monotonic() + TIMEOUT_S
    for _ in range(_STARTS):
        if _run(command, folder, uri, deadline - time.monotonic()) != _RESTART:
            break
    printed = source.with_suffix(".pdf")
    if not printed.is_file():
        raise DocumentError(
            "damaged",
            "LibreOffice cannot open it (it is damaged, or needs a password)",
            document=uri,
            stage=STAGE,
            hint="open it in an office program and save it again, without a password",
        )
    return printed


def _run(command: list[str], folder: Path, uri: str, timeout_s: float) -> int:
    """One start's exit code; the whole group of processes ends with it, in time or not."""
    proxy = f"http://{_NOWHERE}:{_DISCARD_PORT}"
    surroundings = {
        **{name: os.environ[name] for name in ("PATH", "LANG", "LC_ALL", "TMPDIR") if name in os.environ},
        **dict.fromkeys(("http_proxy", "https_proxy", "all_proxy"), proxy),
        "HOME": str(folder),
        "SAL_USE_VCLPLUGIN": "svp",
    }
    prepare = partial(die_with_parent, os.getpid()) if sys.platform.startswith("linux") else None
    with subprocess.Popen(
        command,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        env=surroundings,
        start_new_session=True,
        preexec_fn=prepare,
    ) as process:
        try:
            return process.wait(max(timeout_s, 1.0))
        except subprocess.TimeoutExpired:
            raise DocumentError(
                "timeout",
                f"LibreOffice took longer than {TIMEOUT_S:g} s to print it",
                document=uri,
                stage=STAGE,
                hint="split the file, or print it to PDF by hand",
            ) from None
        finally:
            with contextlib.suppress(OSError):
                os.killpg(process.pid, signal.SIGKILL)


def _write_profile(folder: Path) -> None:
    items = "".join(
        f'<item oor:path="/org.openoffice.{path}"><prop oor:name="{name}" oor:op="fuse">'
        f"<value>{value}</value></prop></item>"
        for path, name, value in _SETTINGS
    )
    (folder / "user").mkdir(parents=True)
    (folder / "user" / "registrymodifications.xcu").write_text(
        '<?xml version="1.0" encoding="UTF-8"?>'
        '<oor:items xmlns:oor="http://openoffice.org/2001/registry" '
        f'xmlns:xs="http://www.w3.org/2001/XMLSchema">{items}</oor:items>',
        encoding="utf-8",
    )
