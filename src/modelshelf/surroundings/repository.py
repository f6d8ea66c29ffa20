"""The git repository around a folder: its address, its commit, and what no commit holds.

The uncommitted changes are put together in an index and an object store of their own, so that the
user's repository is not written to.
"""

from __future__ import annotations

import os
import shutil
import stat
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from modelshelf.domain.text import safe, size_text
from modelshelf.surroundings.addresses import without_secrets
from modelshelf.surroundings.git import ANSWER_MOST, ask
from modelshelf.surroundings.left_out import MARKS, holds_secret, is_secret_path, is_skipped

PATCH_MOST = 20 * 1024 * 1024
"""Bytes of the largest patch, and of all changed files together."""
NEW_FILE_MOST = 5 * 1024 * 1024
"""Bytes of the largest file that git does not know and a patch takes in."""
NEW_FILES_MOST = 5_000
"""Files that git does not know and a patch takes in, at most: each of them costs time."""

_LISTED_MOST = 16 * ANSWER_MOST
_DIFF = ("diff-index", "--cached", "--no-renames", "--ignore-submodules=all")
_NAMED = 5


@dataclass(frozen=True, slots=True)
class Repository:
    """A repository as it was found.

    Attributes:
        root: Its top folder.
        address: Of its remote, without passwords; the path of ``root`` when it has none.
        commit: What is checked out; ``None`` before the first commit.
        dirty: Whether there are changes that no commit holds; ``None`` when that is not known.
        patch: Those changes, as ``git apply --binary`` takes them on a checkout of ``commit``;
            ``None`` when there are none, or they could not be put together.
    """

    root: Path
    address: str
    commit: str | None
    dirty: bool | None
    patch: bytes | None


def look(folder: Path) -> tuple[Repository | None, tuple[str, ...]]:
    """Return the repository around a folder, if there is one, and what of it is not known.

    Files that git ignores are no changes. Files that it does not know are changes, except secrets,
    caches, registries and files over 5 MB.

    Args:
        folder: A folder that exists.

    Returns:
        The repository, and a sentence for each thing that is not known or not kept.
    """
    root = _root(folder)
    if root is None:
        return None, ()
    top = ask(root, ("rev-parse", "--show-toplevel"))
    if not top.good:
        return None, (f"The git repository {safe(root)} cannot be read: {top.why}.",)
    if not _same(Path(top.text), root):
        why = f"it calls {safe(top.text, 120)} its work tree"
        return None, (f"The git repository {safe(root)} is not used: {why}.",)
    commit = ask(root, ("rev-parse", "--verify", "--quiet", "HEAD^{commit}"))
    address = _address(root) or str(root)
    if not commit.good:
        note = "The git repository has no commit yet, so no commit names the code."
        return Repository(root, address, None, None, None), (note,)
    notes: list[str] = []
    dirty, patch = _changes(root, notes)
    return Repository(root, address, commit.text, dirty, patch), tuple(notes)


def _root(folder: Path) -> Path | None:
    """Return the first folder upwards that git would take for the top of a work tree."""
    place = Path(os.path.abspath(folder))  # noqa: PTH100 - links in the path are not resolved
    return next((p for p in (place, *place.parents) if (p / ".git").exists()), None)


def _same(one: Path, other: Path) -> bool:
    try:
        return one.samefile(other)
    except OSError:
        return False


def _address(root: Path) -> str | None:
    """Return the address of ``origin``, or of the remote that comes first; not of a program."""
    found = ask(root, ("config", "--null", "--get-regexp", r"^remote\..*\.url$"))
    if not found.good:
        return None
    entries = (os.fsdecode(entry).partition("\n") for entry in found.output.split(b"\0"))
    remotes = sorted((key != "remote.origin.url", key, url) for key, _, url in entries if url)
    if not remotes or "::" in remotes[0][2]:  # a transport with words of its own, secrets too
        return None
    return without_secrets(remotes[0][2])


def _changes(root: Path, notes: list[str]) -> tuple[bool | None, bytes | None]:
    """Return whether there are changes, and the patch."""
    settings = _without_filters(root, notes)
    if settings is None:
        return None, None
    with tempfile.TemporaryDirectory(prefix="modelshelf-") as scratch:
        env = _apart(root, Path(scratch))
        if env is None:
            notes.append("The index of the git repository cannot be copied.")
            return None, None
        known = ("ls-files", "-z", "--modified", "--deleted")
        new = ("ls-files", "-z", "--others", "--exclude-standard")
        answers = [
            ask(root, w, settings=settings, env=env, most=_LISTED_MOST) for w in (known, new)
        ]
        if not all(answer.good for answer in answers):
            why = next(answer.why for answer in answers if not answer.good)
            notes.append(f"The uncommitted changes are not known: {why}.")
            return None, None
        changed, added = (_names(answer.output) for answer in answers)
        if (root / ".gitmodules").exists():
            notes.append("The repository has submodules, whose changes are neither known nor kept.")
        added = list(_worth_keeping(root, added, notes))
        if len(added) > NEW_FILES_MOST:
            count = f"git does not know {len(added):,} files"
            notes.append(f"The uncommitted changes are not kept: {count}.")
            return True, None
        kept = [*(n for n in changed if not is_secret_path(n.split("/"))), *added]
        large = _size(root, kept)
        if large > PATCH_MOST:
            notes.append(
                f"The uncommitted changes are not kept: the changed files have {size_text(large)}."
            )
            return True, None
        return _patch(root, kept, settings, env, notes)


def _without_filters(root: Path, notes: list[str]) -> list[str] | None:
    """Return settings that switch off the filters that the configuration defines."""
    found = ask(root, ("config", "--null", "--name-only", "--list"))
    if not found.good:  # of a list that was cut, the rest would be run
        notes.append(f"The uncommitted changes are not known: {found.why}.")
        return None
    keys = os.fsdecode(found.output).split("\0")
    names = {key.rpartition(".")[0] for key in keys if key.startswith("filter.")}
    if any("=" in name or "\n" in name for name in names):
        notes.append("The uncommitted changes are not known: a filter has a name that hides it.")
        return None
    ends = ("clean=", "smudge=", "process=", "required=false")
    return [f"{name}.{end}" for name in sorted(names) for end in ends]


def _apart(root: Path, scratch: Path) -> dict[str, str] | None:
    """Return variables by which git keeps index and new objects in a folder of our own."""
    paths = ask(root, ("rev-parse", "--git-path", "index", "--git-path", "objects"))
    if not paths.good:
        return None
    index, objects = (root / line for line in paths.text.split("\n"))
    (scratch / "objects").mkdir()
    try:
        if index.exists():
            shutil.copy2(index, scratch / "index")  # with its times: git compares files with them
    except OSError:
        return None
    return {
        "GIT_INDEX_FILE": str(scratch / "index"),
        "GIT_OBJECT_DIRECTORY": str(scratch / "objects"),
        "GIT_ALTERNATE_OBJECT_DIRECTORIES": _quoted(str(objects)),
    }


def _quoted(path: str) -> str:
    """Return a path as git reads it in a list of paths."""
    if os.pathsep not in path and not path.startswith('"'):
        return path
    return '"' + path.replace("\\", "\\\\").replace('"', '\\"') + '"'


def _names(output: bytes) -> list[str]:
    return list(dict.fromkeys(os.fsdecode(name) for name in output.split(b"\0") if name))


def _worth_keeping(root: Path, names: Iterable[str], notes: list[str]) -> Iterator[str]:
    left: list[str] = []
    marked: dict[Path, bool] = {}
    for name in names:
        parts = name.split("/")
        if is_skipped(parts) or _in_marked(root, Path(*parts), marked):
            continue
        if name.endswith("/") or is_secret_path(parts) or _bytes(root, name) > NEW_FILE_MOST:
            left.append(name)
        else:
            yield name
    if left:
        shown = ", ".join(safe(name, 80) for name in left[:_NAMED])
        more = f" and {len(left) - _NAMED:,} more" if len(left) > _NAMED else ""
        notes.append(f"Not in the patch, for being large, a secret or a repository: {shown}{more}.")


def _in_marked(root: Path, path: Path, marked: dict[Path, bool]) -> bool:
    """Whether a path lies in a registry or a virtual environment."""
    found = False
    for above in path.parents[:-1]:  # the last is the root of the repository itself
        if above not in marked:
            marked[above] = any((root / above / mark).exists() for mark in MARKS)
        found = found or marked[above]
    return found


def _size(root: Path, names: Sequence[str]) -> int:
    return sum(_bytes(root, name) for name in names)


def _bytes(root: Path, name: str) -> int:
    try:
        status = (root / name).lstat()
    except OSError:  # deleted, which is a change too
        return 0
    return status.st_size if stat.S_ISREG(status.st_mode) else 0


def _patch(
    root: Path, names: list[str], settings: list[str], env: dict[str, str], notes: list[str]
) -> tuple[bool | None, bytes | None]:
    listed = b"".join(os.fsencode(name) + b"\0" for name in names)
    update = ("update-index", "--add", "--remove", "-z", "--stdin")
    added = ask(root, update, settings=settings, env=env, stdin=listed)
    if not added.good:
        notes.append(f"The uncommitted changes are not kept: {added.why}.")
        return True, None
    left = _secrets(root, settings, env)
    if left is None:
        notes.append("The uncommitted changes are not kept: git does not list them.")
        return True, None
    if left:
        shown = ", ".join(safe(name, 80) for name in left[:_NAMED])
        notes.append(f"Not in the patch, for being or holding a secret: {shown}.")
    diff = (
        *_DIFF, "--patch", "--binary", "--full-index", "--no-ext-diff", "--no-textconv",
        "--no-color", "--src-prefix=a/", "--dst-prefix=b/", "--unified=3", "HEAD", "--",
        *(f":(top,exclude,literal){name}" for name in left),
    )  # fmt: skip
    own = {**env, "GIT_LITERAL_PATHSPECS": "0"}
    found = ask(root, diff, settings=settings, env=own, most=PATCH_MOST)
    if found.good:
        return bool(found.output or left), found.output or None
    why = f"the patch is larger than {size_text(PATCH_MOST)}" if found.cut else found.why
    notes.append(f"The uncommitted changes are not kept: {why}.")
    return True, None


def _secrets(root: Path, settings: list[str], env: dict[str, str]) -> list[str] | None:
    """Return the changed files that are or hold a secret: git may know those, or was told."""
    staged = (*_DIFF, "--name-only", "-z", "HEAD")
    asked = (staged, ("ls-files", "-z", "--modified", "--deleted"))
    answers = [ask(root, w, settings=settings, env=env, most=_LISTED_MOST) for w in asked]
    if not all(answer.good for answer in answers):
        return None
    names = [name for answer in answers for name in _names(answer.output)]
    return [
        name
        for name in dict.fromkeys(names)
        if is_secret_path(name.split("/")) or holds_secret(_head(root / name))
    ]


def _head(file: Path) -> bytes:
    """Return the first bytes of a regular file; none of what is gone, or leads elsewhere."""
    try:
        if not stat.S_ISREG(file.lstat().st_mode):
            return b""
        with file.open("rb") as stream:
            return stream.read(NEW_FILE_MOST)
    except OSError:
        return b""
