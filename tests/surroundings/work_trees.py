"""Git repositories made for a test, by nobody's configuration."""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
from pathlib import Path

import pytest

_NOBODY = {
    "GIT_CONFIG_GLOBAL": os.devnull,
    "GIT_CONFIG_SYSTEM": os.devnull,
    "GIT_AUTHOR_NAME": "ana",
    "GIT_AUTHOR_EMAIL": "ana@example.org",
    "GIT_COMMITTER_NAME": "ana",
    "GIT_COMMITTER_EMAIL": "ana@example.org",
    "GIT_AUTHOR_DATE": "2026-03-01T00:00:00Z",
    "GIT_COMMITTER_DATE": "2026-03-01T00:00:00Z",
}


def git(folder: Path, *words: str, stdin: bytes = b"", check: bool = True) -> str:
    """Run git in a folder and return what it says; without git, the test is left out and says so.

    Where everything must be there, as before a change lands, that is a failure.
    """
    if shutil.which("git") is None:
        missing = pytest.fail if os.environ.get("MODELSHELF_REAL_FILES") else pytest.skip
        missing("git is not installed")
    env = {**os.environ, **_NOBODY}
    done = subprocess.run(
        ["git", *words], cwd=folder, input=stdin, env=env, check=check, capture_output=True
    )
    return os.fsdecode(done.stdout).rstrip("\n")


def work_tree(folder: Path, **files: str | bytes) -> Path:
    """Make a repository with one commit of these files, named with ``__`` for a dot."""
    folder.mkdir(parents=True, exist_ok=True)
    git(folder, "init", "--quiet", "--initial-branch=main")
    for name, text in files.items():
        put(folder / name.replace("__", "."), text)
    if files:
        git(folder, "add", "--all")
        git(folder, "commit", "--quiet", "--message=first")
    return folder


def put(file: Path, text: str | bytes) -> Path:
    """Write a file, its folders too."""
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(text if isinstance(text, bytes) else text.encode())
    return file


def contents(folder: Path, *, but: tuple[str, ...] = ()) -> dict[str, str]:
    """Return a digest of every file of a folder by its path, with links as what they say."""
    found = {}
    for file in sorted(folder.rglob("*")):
        path = file.relative_to(folder).as_posix()
        if path.split("/")[0] in but or (file.is_dir() and not file.is_symlink()):
            continue
        data = os.fsencode(file.readlink()) if file.is_symlink() else file.read_bytes()
        found[path] = hashlib.sha256(data).hexdigest()
    return found


def checked_out(folder: Path, commit: str, target: Path, patch: bytes | None) -> Path:
    """Clone a repository at a commit and apply a patch to it."""
    git(folder, "clone", "--quiet", "--no-local", str(folder), str(target))
    git(target, "checkout", "--quiet", commit)
    if patch is not None:
        git(target, "apply", "--binary", stdin=patch)
    return target
