"""Giving finished bytes their name in one step: a new name, or in place of what is there."""

from __future__ import annotations

import errno
import os
import stat
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from modelshelf.artifacts import syscalls
from modelshelf.artifacts.failures import explaining
from modelshelf.domain.errors import Conflict, NotFound, Refused
from modelshelf.domain.text import safe

if TYPE_CHECKING:
    from modelshelf.domain.content import ContentKind

_NO_LINKS_HERE = frozenset(
    {errno.EPERM, errno.ENOTSUP, errno.EOPNOTSUPP, errno.ENOSYS, errno.EMLINK}
)
_NO_EXCHANGE_HERE = frozenset({errno.ENOTSUP, errno.EOPNOTSUPP, errno.ENOSYS, errno.EINVAL})


def check_target(
    target: Path, kind: ContentKind, *, store_root: Path | None, overwrite: bool
) -> None:
    """Refuse a target that is taken, or whose replacement would destroy more than a checkout.

    Args:
        target: Where the file or folder will be.
        kind: Which of the two it will be.
        store_root: The folder of the artifact store, if it has one.
        overwrite: Whether what is there may go.

    Raises:
        Conflict: It is taken.
        Refused: It lies in the artifact store, or holds the store, home or working folder.
    """
    real = Path(os.path.realpath(target))
    if store_root is not None and real.is_relative_to(os.path.realpath(store_root)):
        raise _refused(target, "it lies in the artifact store")
    try:
        with explaining("write", target):
            is_folder = stat.S_ISDIR(syscalls.lstat(target).st_mode)
    except NotFound:
        return
    if not overwrite:
        hint = "Choose another place, or say that it may be overwritten."
        raise Conflict(f"{safe(target)!r} exists already", hint=hint, subject=str(target))
    if is_folder and kind == "file":
        raise Conflict(f"{safe(target)!r} is a folder, and a file comes", subject=str(target))
    if is_folder:
        for name, precious in _precious(store_root):
            if precious.is_relative_to(real):
                raise _refused(target, f"the {name} would be removed with it")


def link_new(temporary: Path, final: Path) -> bool:
    """Give the file ``temporary`` the second name ``final`` if that is free.

    Returns:
        ``False`` if the file system has no links (FAT, some network drives).

    Raises:
        FileExistsError: The name is taken.
        OSError: The disk failed.
    """
    try:
        syscalls.link(temporary, final)
    except OSError as error:
        if error.errno not in _NO_LINKS_HERE:
            raise
        return False
    return True


def place(temporary: Path, target: Path) -> None:
    """Give the file or folder ``temporary`` the name ``target``.

    Raises:
        FileExistsError: The name is taken.
        OSError: The disk failed.
    """
    is_file = stat.S_ISREG(syscalls.lstat(temporary).st_mode)
    if is_file and link_new(temporary, target):
        syscalls.unlink(temporary)
        return
    if os.path.lexists(target):
        raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST), str(target))
    syscalls.rename(temporary, target)


def replace(temporary: Path, target: Path) -> None:
    """Give ``temporary`` the name ``target`` and remove what had it.

    A file replaces a file in one step everywhere. A folder does on Linux and macOS; elsewhere the
    name is missing for an instant.

    Raises:
        OSError: The disk failed.
    """
    is_file = stat.S_ISREG(syscalls.lstat(temporary).st_mode)
    if is_file or not os.path.lexists(target):
        syscalls.rename(temporary, target)
        return
    try:
        syscalls.exchange(temporary, target)
    except OSError as error:
        if error.errno not in _NO_EXCHANGE_HERE:
            raise
        _replace_in_two(temporary, target)
    else:
        remove(temporary)


def remove(path: Path) -> None:
    """Remove a file, a link or a folder with all in it; nothing to do if there is none.

    Raises:
        OSError: It cannot be removed.
    """
    with suppress(FileNotFoundError):
        if stat.S_ISDIR(syscalls.lstat(path).st_mode):
            syscalls.remove_tree(path)
        else:
            syscalls.unlink(path)


def _replace_in_two(temporary: Path, target: Path) -> None:
    aside = temporary.with_name(temporary.name + "-old")
    syscalls.rename(target, aside)
    try:
        syscalls.rename(temporary, target)
    except BaseException:
        syscalls.rename(aside, target)
        raise
    remove(aside)


def _precious(store_root: Path | None) -> list[tuple[str, Path]]:
    found = [("artifact store", store_root)] if store_root is not None else []
    with suppress(RuntimeError):  # no home
        found.append(("home folder", Path.home()))
    with suppress(FileNotFoundError):  # it was removed
        found.append(("working folder", Path.cwd()))
    return [(name, Path(os.path.realpath(path))) for name, path in found]


def _refused(target: Path, why: str) -> Refused:
    return Refused(
        f"cannot write {safe(target)!r}",
        why=why,
        hint="Choose another place.",
        subject=str(target),
    )
