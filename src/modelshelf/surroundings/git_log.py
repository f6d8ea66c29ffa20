"""What a git repository at hand says of the commits between two that are recorded."""

from __future__ import annotations

import re
from collections.abc import Collection
from pathlib import Path

from modelshelf.domain.comparison.values import CommitRange
from modelshelf.domain.text import safe
from modelshelf.surroundings.git import Answer, ask

TIMEOUT = 10.0
"""Seconds that one question may take."""
LINES_MOST = 50
"""Lines of the log that are read for each direction."""

_COMMIT = re.compile(r"[0-9a-f]{4,64}")
_SUBJECT_MOST = 200
_FILES_MOST = 16 * 1024 * 1024  # bytes of names of files
_ENV = {"GIT_CONFIG_NOSYSTEM": "1"}


def find_commits(repository: Path, commits: Collection[str]) -> tuple[dict[str, str], str]:
    """Return the full ids of those commits that a repository holds.

    A branch that is called like a commit is none.

    Args:
        repository: A folder inside a work tree, or a bare repository.
        commits: Hexadecimal digits, 4 to 64 of them; what is anything else is not asked for.

    Returns:
        Full ids by what was asked for, and why there are none, a clause.
    """
    wanted = [commit for commit in commits if _COMMIT.fullmatch(commit)]
    if not wanted:
        return {}, ""
    lines = "".join(f"{commit}^{{commit}}\n" for commit in wanted)
    answer = _ask(repository, "cat-file", "--batch-check", stdin=lines.encode())
    if not answer.good:
        return {}, answer.why
    found: dict[str, str] = {}
    for commit, line in zip(wanted, _lines(answer), strict=False):
        full, _, rest = line.partition(" ")
        if full.startswith(commit) and rest.startswith("commit "):
            found[commit] = full
    return found, ""


def commits_between(repository: Path, first: str, second: str) -> CommitRange:
    """Return what lies between two commits, in both directions.

    Args:
        repository: A folder inside a work tree, or a bare repository.
        first: Full id of the commit of the baseline.
        second: Full id of the other.
    """
    if not (_COMMIT.fullmatch(first) and _COMMIT.fullmatch(second)):
        return CommitRange(why="no commit is recorded")
    if first == second:
        return CommitRange()
    both = f"{first}...{second}"
    counted = _ask(repository, "rev-list", "--left-right", "--count", both, "--")
    counts = counted.text.split()
    if not counted.good or not all(c.isdecimal() for c in counts) or len(counts) != 2:  # noqa: PLR2004 - both sides
        return CommitRange(why=counted.why or "git gave no count")
    behind, ahead = map(int, counts)
    files = _ask(
        repository, "diff-tree", "-r", "--name-only", "-z", "--no-renames", "--no-ext-diff",
        "--no-textconv", first, second, "--", most=_FILES_MOST,
    )  # fmt: skip
    return CommitRange(
        ahead=_log(repository, f"{first}..{second}") if ahead else (),
        behind=_log(repository, f"{second}..{first}") if behind else (),
        ahead_count=ahead,
        behind_count=behind,
        files=files.output.count(b"\0"),
    )


def _log(repository: Path, commits: str) -> tuple[str, ...]:
    """Return a line for each commit, newest first: its short id and its subject."""
    answer = _ask(
        repository, "rev-list", "--oneline", "--encoding=UTF-8", f"--max-count={LINES_MOST}",
        commits, "--",
    )  # fmt: skip
    return tuple(safe(line, _SUBJECT_MOST) for line in _lines(answer)[:LINES_MOST])


def _lines(answer: Answer) -> list[str]:
    return answer.output.decode("utf-8", "replace").split("\n")[:-1]


def _ask(repository: Path, *words: str, stdin: bytes = b"", most: int = 1 << 20) -> Answer:
    return ask(repository, words, stdin=stdin, env=_ENV, most=most, timeout=TIMEOUT)
