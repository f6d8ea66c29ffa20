"""Commits between two that are recorded: asked of a real repository, and never trusting it."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from modelshelf.surroundings import git_log
from modelshelf.surroundings.git_log import commits_between, find_commits
from tests.surroundings.work_trees import git

posix = pytest.mark.skipif(os.name == "nt", reason="programs without an ending")


class Work:
    """A repository in the making.

    Attributes:
        folder: Its work tree.
    """

    def __init__(self, folder: Path) -> None:
        """Make an empty one."""
        self.folder = folder
        folder.mkdir()
        self.git("init", "-q", "-b", "main")

    def git(self, *words: str) -> str:
        """Run git as its owner would."""
        return git(self.folder, *words)

    def commit(self, name: str, message: str) -> str:
        """Write a file, commit it, and return the id of the commit."""
        (self.folder / name).write_text(message, "utf-8")
        self.git("add", name)
        self.git("commit", "-q", "-m", message)
        return self.git("rev-parse", "HEAD")


@pytest.fixture
def work(tmp_path: Path) -> Work:
    """Make a repository."""
    return Work(tmp_path / "work")


def test_commits_on_two_branches_are_told_in_both_directions(work: Work) -> None:
    """What each side has alone, newest first, and how many files differ."""
    work.commit("a", "begin")
    work.git("branch", "other")
    first = work.commit("b", "on main")
    work.git("checkout", "-q", "other")
    work.commit("c", "one")
    second = work.commit("d", "two")
    found = commits_between(work.folder, first, second)
    assert (found.ahead_count, found.behind_count, found.files) == (2, 1, 3)
    assert [line.partition(" ")[2] for line in found.ahead] == ["two", "one"]
    assert [line.partition(" ")[2] for line in found.behind] == ["on main"]
    back = commits_between(work.folder, second, first)
    assert (back.ahead, back.behind) == (found.behind, found.ahead)
    assert commits_between(work.folder, first, first) == commits_between(
        work.folder, "ab12", "ab12"
    )


def test_more_commits_than_are_read_are_counted(
    work: Work, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The lines end at some number, and the count does not."""
    monkeypatch.setattr(git_log, "LINES_MOST", 3)
    first = work.commit("a", "begin")
    for number in range(6):
        work.git("commit", "-q", "--allow-empty", "-m", f"step {number}")
    found = commits_between(work.folder, first, work.git("rev-parse", "HEAD"))
    assert found.ahead_count == 6
    assert len(found.ahead) == 3
    assert found.ahead[0].endswith("step 5")


def test_short_ids_are_found_and_names_are_not(work: Work) -> None:
    """A commit may be recorded with few digits; a branch or a file that is called so is none."""
    commit = work.commit("a", "begin")
    blob = work.git("rev-parse", "HEAD:a")
    work.git("branch", "beef")
    known, why = find_commits(work.folder, [commit[:8], "beef", blob, "f" * 40, "HEAD", "--all"])
    assert known == {commit[:8]: commit}
    assert why == ""


def test_a_folder_that_is_no_repository_says_so(tmp_path: Path) -> None:
    """Nothing is found and nothing fails; nor where there is no folder, or its name is none."""
    (tmp_path / "plain").mkdir()
    for folder in (tmp_path / "plain", tmp_path / "missing", Path("a\0b")):
        known, why = find_commits(folder, ["ab12cd34"])
        assert known == {}
        assert why
        assert commits_between(folder, "a" * 40, "b" * 40).why


def test_without_git_nothing_fails(work: Work, monkeypatch: pytest.MonkeyPatch) -> None:
    """A machine that has no git only knows less."""
    commit = work.commit("a", "begin")
    monkeypatch.setenv("PATH", "")
    assert find_commits(work.folder, [commit]) == ({}, "git is not installed")
    assert commits_between(work.folder, commit, "f" * 40).why == "git is not installed"


def test_words_that_are_no_commits_reach_no_command_line(work: Work) -> None:
    """An option or an expression in the place of a commit is not asked about."""
    work.commit("a", "begin")
    for word in ("--output=/tmp/x", "HEAD", "HEAD^{/x}", "ab12..cd34", "ab12\n", "", "AB12"):
        assert commits_between(work.folder, word, "f" * 40).why == "no commit is recorded"
        assert find_commits(work.folder, [word]) == ({}, "")


@posix
def test_nothing_that_a_repository_names_is_run(work: Work, tmp_path: Path) -> None:
    """Hooks, monitors, viewers and other helpers of a hostile repository stay unused."""
    first = work.commit("a", "begin")
    second = work.commit("a", "more")
    ran = tmp_path / "ran"
    evil = tmp_path / "evil"
    evil.write_text(f"#!/bin/sh\ntouch '{ran}'\ncat\n", "utf-8")
    evil.chmod(0o755)
    for name in (
        "core.fsmonitor", "core.pager", "pager.log", "pager.rev-list", "diff.external",
        "diff.evil.textconv", "diff.evil.command", "gpg.program", "core.sshCommand",
        "credential.helper", "core.editor", "alias.rev-list", "alias.cat-file",
    ):  # fmt: skip
        work.git("config", name, str(evil))
    work.git("config", "log.showSignature", "true")
    work.git("config", "core.hooksPath", str(tmp_path))
    (work.folder / ".git" / "info" / "attributes").write_text("* diff=evil\n", "utf-8")
    known, _ = find_commits(work.folder, [first, second])
    found = commits_between(work.folder, known[first], known[second])
    assert (found.ahead_count, found.files) == (1, 1)
    assert not ran.exists()


def test_hostile_subjects_are_harmless(work: Work) -> None:
    """Escapes of a terminal in the message of a commit come as text, and not without end."""
    first = work.commit("a", "begin")
    second = work.commit("b", "\x1b[2Jhello\u202e" + "x" * 5_000)
    (line,) = commits_between(work.folder, first, second).ahead
    assert "\x1b" not in line
    assert "\u202e" not in line
    assert len(line) < 300
