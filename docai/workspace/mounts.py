"""Which file system a folder lies on. SQLite's WAL needs shared memory, which network shares do not give
(https://www.sqlite.org/wal.html, "All processes using a database must be on the same host computer").
"""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path, PurePosixPath

# fmt: off
NETWORK_TYPES: frozenset[str] = frozenset((
    "9p", "afpfs", "afs", "beegfs", "ceph", "cifs", "coda", "davfs", "glusterfs", "gpfs", "lustre",
    "ncpfs", "nfs", "nfs4", "ocfs2", "orangefs", "panfs", "pvfs2", "smb", "smb3", "smbfs", "webdav",
    "fuse.ceph", "fuse.davfs2", "fuse.gcsfuse", "fuse.glusterfs", "fuse.goofys", "fuse.juicefs",
    "fuse.moosefs", "fuse.rclone", "fuse.s3fs", "fuse.seaweedfs", "fuse.sshfs", "fuse.sshnfs",
))
# fmt: on
_OCTAL = re.compile(r"\\([0-7]{3})")
_DRIVE_REMOTE = 4  # winbase.h, GetDriveTypeW
_LISTING_TIMEOUT_S = 5.0


def network_filesystem(path: Path) -> str | None:
    """The type of the network file system that an existing folder lies on, or None for a local one."""
    kind = _filesystem(path.resolve())
    return kind if kind in NETWORK_TYPES else None


def filesystem_in(mountinfo: str, path: PurePosixPath) -> str | None:
    """The file system type of an absolute path by the text of `/proc/self/mountinfo` (proc(5))."""
    mounts = []
    for line in mountinfo.splitlines():
        fields = line.split(" ")
        if "-" not in fields[6:]:
            continue
        mounts.append((_unescape(fields[4]), fields[fields.index("-", 6) + 1]))
    return _longest(mounts, path)


def filesystem_in_listing(listing: str, path: PurePosixPath) -> str | None:
    """The same by the output of `mount` on macOS and BSD: `//me@nas/docs on /Volumes/docs (smbfs, …)`."""
    found = re.findall(r"^.{1,1024}? on (/.{0,1024}?) \((\w{1,32})[,)]", listing, flags=re.MULTILINE)
    return _longest(found, path)


def _longest(mounts: list[tuple[str, str]], path: PurePosixPath) -> str | None:
    kind, best = None, -1
    for point, fs_type in mounts:
        if point == "/":
            continue  # a machine's own root is no share, even where a sandbox serves it by 9p (gVisor)
        # A later mount on the same point hides an earlier one.
        if path.is_relative_to(point) and len(point) >= best:
            kind, best = fs_type, len(point)
    return kind


def _filesystem(path: Path) -> str | None:
    if sys.platform == "win32":
        return _windows_filesystem(path)
    posix = PurePosixPath(str(path))
    try:
        return filesystem_in(Path("/proc/self/mountinfo").read_text(errors="surrogateescape"), posix)
    except OSError:
        pass
    try:
        done = subprocess.run(["/sbin/mount"], capture_output=True, text=True, timeout=_LISTING_TIMEOUT_S)
    except (OSError, subprocess.TimeoutExpired):
        return None
    return filesystem_in_listing(done.stdout, posix)


def _windows_filesystem(path: Path) -> str | None:
    import ctypes

    if path.drive.startswith("\\\\"):
        return "smb"
    windll = getattr(ctypes, "windll", None)
    remote = windll is not None and windll.kernel32.GetDriveTypeW(path.anchor) == _DRIVE_REMOTE
    return "smb" if remote else None


def _unescape(text: str) -> str:
    return _OCTAL.sub(lambda m: chr(int(m[1], 8)), text)
