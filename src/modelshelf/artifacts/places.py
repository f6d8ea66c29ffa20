"""Facts about the file systems that paths lie on; nothing is changed but a probe, removed again."""

from __future__ import annotations

import errno
import os
import re
import stat
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from modelshelf.artifacts import syscalls
from modelshelf.artifacts.failures import explaining

if TYPE_CHECKING:
    from collections.abc import Iterable

# SQLite's shared memory and locks do not work across hosts on these; a watcher loses events.
NETWORK_FILESYSTEMS = frozenset(
    """nfs nfs4 cifs smb3 smbfs 9p drvfs virtiofs ceph glusterfs lustre gpfs beegfs afs vboxsf
    prl_fs davfs fuse.sshfs fuse.rclone fuse.s3fs fuse.gcsfuse fuse.vmhgfs-fuse fuse.grpcfuse
    fuse.osxfs fuse.glusterfs fuse.ceph fuse.ceph-fuse fuse.davfs fuse.davfs2""".split()  # noqa: SIM905 - reads as a table
)
_MOUNTS = Path("/proc/self/mountinfo")
_OCTAL = re.compile(rb"\\([0-7]{3})")
_MOUNT_POINT = 4  # the fifth field of a line
_REMOTE_DRIVE = 4  # DRIVE_REMOTE of GetDriveTypeW


def network_filesystem(path: Path) -> str | None:
    """Return the type of the network file system that ``path`` lies on, such as ``nfs4``.

    Args:
        path: A file or folder; what does not exist yet counts as its nearest folder that does.

    Returns:
        ``None`` if it is local, or if the system cannot say (macOS).
    """
    real = os.path.realpath(path)
    if sys.platform == "win32":
        return _network_drive(real)
    try:
        lines = _MOUNTS.read_bytes().splitlines()
    except OSError:
        return None
    kind = filesystem_of(real, lines)
    return kind if kind in NETWORK_FILESYSTEMS else None


def filesystem_of(path: str, mountinfo: Iterable[bytes]) -> str | None:
    """Return the type of the file system that holds ``path``, by the lines of ``mountinfo``.

    The longest mount point that ``path`` lies under wins; of two on the same point the later one,
    which covers the earlier. Source: proc_pid_mountinfo(5).

    Args:
        path: An absolute path without links.
        mountinfo: Lines of ``/proc/self/mountinfo``; one that cannot be read is passed over.
    """
    wanted = os.fsencode(path).rstrip(b"/") + b"/"
    best, kind = -1, None
    for line in mountinfo:
        left, separator, right = line.partition(b" - ")
        fields = left.split()
        if not separator or len(fields) <= _MOUNT_POINT or not right.split():
            continue
        point = _OCTAL.sub(lambda octal: bytes([int(octal[1], 8) & 255]), fields[_MOUNT_POINT])
        point = point.rstrip(b"/") + b"/"
        if wanted.startswith(point) and len(point) >= best:
            best, kind = len(point), right.split()[0].decode("ascii", "replace")
    return kind


def supports_clone(folder: Path) -> bool:
    """Return whether files in ``folder`` can share blocks (a reflink), by trying with two files.

    Raises:
        Unavailable: The folder cannot be written.
    """
    with explaining("write in", folder), tempfile.TemporaryDirectory(dir=folder) as inside:
        one, other = (
            syscalls.open_file(Path(inside, name), syscalls.CREATE) for name in ("1", "2")
        )
        try:
            syscalls.write(one, memoryview(bytes(4096)))
            syscalls.clone(other, one)
        except OSError:
            return False
        finally:
            syscalls.close(one)
            syscalls.close(other)
    return True


def same_filesystem(one: Path, other: Path) -> bool:
    """Return whether two existing paths lie on one file system.

    Raises:
        NotFound: One does not exist.
    """
    with explaining("look at", one):
        first = one.stat().st_dev
    with explaining("look at", other):
        return first == other.stat().st_dev


def free_bytes(path: Path) -> int:
    """Return how many bytes may still be written where ``path`` lies, or will lie.

    Raises:
        Unavailable: The system cannot say.
    """
    with explaining("look at", path):
        return syscalls.free(_nearest(path))


def fsync_folder(path: Path) -> None:
    """Return when the names in the folder ``path`` are on the disk.

    Some network file systems cannot do this for a folder and say ``EINVAL``; there is nothing more
    to be had there. A real error of the disk always raises.

    Raises:
        OSError: The disk failed, or there is no such folder.
    """
    try:
        syscalls.fsync_folder(path)
    except OSError as error:
        if error.errno not in (errno.EINVAL, errno.ENOTSUP, errno.EOPNOTSUPP):
            raise


def world_writable(path: Path) -> bool:
    """Return whether anybody on this machine may write to ``path``, a sticky folder included.

    ``False`` on Windows, where the rights are not in the mode.

    Raises:
        NotFound: It does not exist.
    """
    with explaining("look at", path):
        mode = path.stat().st_mode
    return os.name != "nt" and bool(mode & stat.S_IWOTH)


def _nearest(path: Path) -> Path:
    place = path.absolute()
    while not place.exists() and place != place.parent:
        place = place.parent
    return place


def _network_drive(path: str) -> str | None:
    if sys.platform != "win32":
        return None
    import ctypes  # type: ignore[unreachable,unused-ignore]

    root = os.path.splitdrive(path)[0] + "\\"
    remote = ctypes.windll.kernel32.GetDriveTypeW(root) == _REMOTE_DRIVE
    return "network drive" if remote else None
