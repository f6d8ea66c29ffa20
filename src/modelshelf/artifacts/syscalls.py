"""The calls into the operating system that the artifact store makes, each with its guard.

Everything a crash or a failing disk could interrupt goes through here, so that a test can make any
single call fail and can record the order of all of them. Nothing here decides anything.

A ``Place`` is an opened folder: a descriptor where the system can open relative to one (no part
of a path can then be swapped for a link under our feet), the folder's path where it cannot.
"""

# The calls themselves are the subject here, and a path may be a descriptor:
# ruff: noqa: PTH101, PTH102, PTH104, PTH105, PTH108, PTH118, PTH208

from __future__ import annotations

import errno
import os
import shutil
import sys

if sys.platform != "win32":
    import fcntl

Place = int | str

_CLOSED_ON_EXEC = getattr(os, "O_CLOEXEC", 0) | getattr(os, "O_BINARY", 0)
_NO_LINK = getattr(os, "O_NOFOLLOW", 0)
_NO_WAIT = getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_NOCTTY", 0)

READ = os.O_RDONLY | _NO_LINK | _NO_WAIT | _CLOSED_ON_EXEC
CREATE = os.O_RDWR | os.O_CREAT | os.O_EXCL | _NO_LINK | _CLOSED_ON_EXEC
GO_ON = os.O_RDWR | _NO_LINK | _CLOSED_ON_EXEC
_FOLDER = os.O_RDONLY | _NO_LINK | _CLOSED_ON_EXEC | getattr(os, "O_DIRECTORY", 0)
_BY_DESCRIPTOR = {os.open, os.stat} <= os.supports_dir_fd and os.listdir in os.supports_fd

# linux/fs.h; the same on every architecture that Python wheels exist for.
_FICLONE = 0x40049409
_EXCHANGE = 2  # RENAME_EXCHANGE of Linux and RENAME_SWAP of macOS
_NEW_LINUX, _NEW_MAC = 1, 4  # RENAME_NOREPLACE, RENAME_EXCL
_AT_FDCWD = -100


def open_file(path: str | os.PathLike[str], flags: int, mode: int = 0o600) -> int:
    """Open a file by its path and return the descriptor."""
    return os.open(path, flags, mode)


def open_member(place: Place, name: str) -> int:
    """Open the file ``name`` of the folder ``place`` for reading and return the descriptor."""
    if isinstance(place, int):
        return os.open(name, READ, dir_fd=place)
    return os.open(os.path.join(place, name), READ)


def open_folder(place: Place | None, name: str | os.PathLike[str]) -> Place:
    """Open the folder ``name`` below ``place`` (or by its own path) without following a link."""
    if isinstance(place, str):
        return os.path.join(place, name)
    if not _BY_DESCRIPTOR:
        return os.fspath(name)
    return os.open(name, _FOLDER, dir_fd=place)


def close_folder(place: Place) -> None:
    """Close what :func:`open_folder` gave."""
    if isinstance(place, int):
        os.close(place)


def close(descriptor: int) -> None:
    """Close a descriptor; a late write error shows up here on some file systems."""
    os.close(descriptor)


def names(place: Place) -> list[str]:
    """Return the names in a folder, in no order."""
    return os.listdir(place)


def lstat(path: str | os.PathLike[str]) -> os.stat_result:
    """Return the facts of the thing at ``path`` itself, links not followed."""
    return os.lstat(path)


def lstat_member(place: Place, name: str) -> os.stat_result:
    """Return the facts of ``name`` in the folder ``place`` itself, links not followed."""
    if isinstance(place, int):
        return os.stat(name, dir_fd=place, follow_symlinks=False)
    return os.lstat(os.path.join(place, name))


def fstat(descriptor: int) -> os.stat_result:
    """Return the facts of an open file."""
    return os.fstat(descriptor)


def read_into(descriptor: int, buffer: memoryview) -> int:
    """Fill ``buffer`` from the file's position; return how many bytes came, 0 at the end."""
    if sys.platform != "win32":
        return os.readv(descriptor, [buffer])
    data = os.read(descriptor, len(buffer))  # type: ignore[unreachable,unused-ignore]
    buffer[: len(data)] = data
    return len(data)


def write(descriptor: int, data: memoryview) -> int:
    """Write at the file's position; return how many bytes went, perhaps fewer than given."""
    return os.write(descriptor, data)


def seek(descriptor: int, offset: int) -> None:
    """Put the file's position at ``offset`` bytes."""
    os.lseek(descriptor, offset, os.SEEK_SET)


def truncate(descriptor: int, size: int) -> None:
    """Make the file ``size`` bytes long; new bytes are a hole of zeros."""
    os.ftruncate(descriptor, size)


def sendfile(target: int, source: int, offset: int, count: int) -> int:
    """Copy inside the kernel from ``offset`` of ``source`` to the position of ``target``.

    Raises:
        OSError: Also ``ENOTSUP`` where the system cannot send to a file (all but Linux).
    """
    if sys.platform == "linux":
        return os.sendfile(target, source, offset, count)
    raise OSError(errno.ENOTSUP, os.strerror(errno.ENOTSUP))


def clone(target: int, source: int) -> None:
    """Make ``target`` share the blocks of ``source``, copied when either is written (a reflink).

    Raises:
        OSError: The file system cannot, or the files are on two of them.
    """
    if sys.platform == "linux":
        fcntl.ioctl(target, _FICLONE, source)
        return
    raise OSError(errno.ENOTSUP, os.strerror(errno.ENOTSUP))


def data_extent(descriptor: int, offset: int) -> tuple[int, int]:
    """Return start and end of the next stretch of data at or after ``offset``.

    Raises:
        OSError: ``ENXIO`` when only a hole follows; ``ENOTSUP`` where holes cannot be asked for.
    """
    if sys.platform != "win32" and hasattr(os, "SEEK_DATA"):
        start = os.lseek(descriptor, offset, os.SEEK_DATA)
        return start, os.lseek(descriptor, start, os.SEEK_HOLE)
    raise OSError(errno.ENOTSUP, os.strerror(errno.ENOTSUP))


def forget(descriptor: int, offset: int, count: int) -> None:
    """Begin to write a stretch of the file to the disk, and free the memory of what is there.

    Only advice: systems without it do nothing.
    """
    if sys.platform == "linux":
        os.posix_fadvise(descriptor, offset, count, os.POSIX_FADV_DONTNEED)


def fsync(descriptor: int) -> None:
    """Return when the file's bytes and facts are on the disk, not in a cache."""
    if sys.platform == "darwin":  # plain fsync leaves the bytes in the drive's cache there
        try:
            fcntl.fcntl(descriptor, fcntl.F_FULLFSYNC)
        except OSError as error:
            if error.errno not in (errno.ENOTSUP, errno.EINVAL):
                raise
        else:
            return
    os.fsync(descriptor)


def fsync_folder(path: str | os.PathLike[str]) -> None:
    """Return when the names in the folder are on the disk; nothing to do on Windows."""
    if sys.platform == "win32":
        return
    descriptor = os.open(path, os.O_RDONLY | _CLOSED_ON_EXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def chmod_open(descriptor: int, path: str | os.PathLike[str], mode: int) -> None:
    """Set the permissions of the open file that ``path`` names."""
    if sys.platform == "win32":
        os.chmod(path, mode)
    else:
        os.fchmod(descriptor, mode)


def chmod(path: str | os.PathLike[str], mode: int) -> None:
    """Set the permissions of ``path``; its ctime moves to now."""
    os.chmod(path, mode)


def lock(descriptor: int, *, shared: bool) -> bool:
    """Try to lock an open file without waiting; return whether it was free.

    Windows has no such lock, and needs none here: an open file cannot be removed there.
    """
    if sys.platform == "win32":
        return True
    try:
        fcntl.flock(descriptor, (fcntl.LOCK_SH if shared else fcntl.LOCK_EX) | fcntl.LOCK_NB)
    except OSError as error:
        if error.errno in (errno.EWOULDBLOCK, errno.EACCES):
            return False
        if error.errno not in (errno.ENOTSUP, errno.ENOSYS, errno.ENOLCK):
            raise
    return True


def mkdir(path: str | os.PathLike[str], mode: int) -> None:
    """Make one folder."""
    os.mkdir(path, mode)


def link(source: str | os.PathLike[str], target: str | os.PathLike[str]) -> None:
    """Give the file ``source`` the second name ``target``, which must not exist.

    Raises:
        OSError: Also ``ENOTSUP`` on Windows, where a file cannot lose one of its names without
            losing the protection against writing under the other.
    """
    if sys.platform == "win32":
        raise OSError(errno.ENOTSUP, os.strerror(errno.ENOTSUP))
    os.link(source, target)


def rename(source: str | os.PathLike[str], target: str | os.PathLike[str]) -> None:
    """Give the thing ``source`` the name ``target`` instead; an existing file there is replaced."""
    os.replace(source, target)


def rename_new(source: str | os.PathLike[str], target: str | os.PathLike[str]) -> None:
    """Give the thing ``source`` the name ``target``, which must not exist; nothing is replaced.

    Where the system cannot promise that in one step, it is looked first whether the name is free.

    Raises:
        OSError: Also ``EEXIST`` when something is called ``target`` already.
    """
    try:
        _rename_by_flag(source, target, _NEW_LINUX, _NEW_MAC)
    except OSError as error:
        if error.errno not in (errno.ENOTSUP, errno.ENOSYS, errno.EINVAL):
            raise
        if os.path.lexists(target):
            raise FileExistsError(
                errno.EEXIST, os.strerror(errno.EEXIST), os.fspath(target)
            ) from None
        os.rename(source, target)


def exchange(one: str | os.PathLike[str], other: str | os.PathLike[str]) -> None:
    """Swap two names in one step, so that neither is ever missing.

    Raises:
        OSError: Also ``ENOTSUP`` where the system or the file system has no such call.
    """
    _rename_by_flag(one, other, _EXCHANGE, _EXCHANGE)


def _rename_by_flag(
    one: str | os.PathLike[str], other: str | os.PathLike[str], linux: int, mac: int
) -> None:
    import ctypes  # 5 ms, needed only when a checkout replaces a folder or a name must be free

    first, second = os.fsencode(one), os.fsencode(other)
    library = ctypes.CDLL(None if os.name == "posix" else "msvcrt", use_errno=True)
    if sys.platform == "linux" and hasattr(library, "renameat2"):
        failed = library.renameat2(_AT_FDCWD, first, _AT_FDCWD, second, linux)
    elif sys.platform == "darwin" and hasattr(library, "renamex_np"):
        failed = library.renamex_np(first, second, mac)
    else:
        raise OSError(errno.ENOTSUP, os.strerror(errno.ENOTSUP))
    if failed:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number), os.fspath(one))


def unlink(path: str | os.PathLike[str]) -> None:
    """Remove one name of a file."""
    if sys.platform == "win32":  # a read-only file cannot be removed there
        os.chmod(path, 0o600)
    os.unlink(path)


def remove_tree(path: str | os.PathLike[str]) -> None:
    """Remove a folder and all in it; links in it are removed, not followed."""
    shutil.rmtree(path)


def free(path: str | os.PathLike[str]) -> int:
    """Return the bytes that may still be written on the file system of ``path``."""
    return shutil.disk_usage(path).free
