"""The repository around a folder: told as it is, left as it is, and nothing of it is run."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from modelshelf.surroundings import repository as module
from modelshelf.surroundings.addresses import without_secrets
from modelshelf.surroundings.git import ask
from modelshelf.surroundings.repository import Repository, look
from tests.surroundings.work_trees import checked_out, contents, git, put, work_tree


def found(folder: Path) -> Repository:
    """Return the repository around a folder, which is there and says nothing special."""
    repository, notes = look(folder)
    assert notes == ()
    assert repository is not None
    return repository


def test_a_clean_work_tree_has_a_commit_and_no_patch(tmp_path: Path) -> None:
    """Root, address and commit are told from a folder deep inside."""
    tree = work_tree(tmp_path / "a b", train__py="1\n")
    put(tree / "src" / "deep" / "x.py", "x")
    git(tree, "add", ".")
    git(tree, "commit", "-qm", "second")
    told = found(tree / "src" / "deep")
    head = git(tree, "rev-parse", "HEAD")
    assert told == Repository(tree, str(tree), head, dirty=False, patch=None)


def test_a_folder_without_a_repository_has_none(tmp_path: Path) -> None:
    """Nothing is told, and nothing is wrong."""
    assert look(tmp_path) == (None, ())


def test_a_machine_without_git_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The repository is seen and cannot be read."""
    tree = work_tree(tmp_path / "r", train__py="1\n")
    monkeypatch.setenv("PATH", str(tmp_path))
    told, notes = look(tree)
    assert told is None
    assert "git is not installed" in notes[0]


def test_the_patch_makes_the_same_tree_again(tmp_path: Path) -> None:
    """Changed, new, deleted, renamed, binary, executable and linked files all come back."""
    tree = work_tree(
        tmp_path / "r",
        a__py="1\n" * 30,
        old__py="o\n" * 30,
        gone__txt="g",
        b__bin=bytes(range(256)),
    )
    put(tree / "a.py", "2\n" + "1\n" * 30)
    put(tree / "b.bin", bytes(range(255, -1, -1)) * 3)
    (tree / "old.py").rename(tree / "new name.py")
    (tree / "gone.txt").unlink()
    put(tree / "ünï\tcode" / "x\n.py", "odd names\r\n")
    put(tree / "staged.py", "staged, then ")
    git(tree, "add", "staged.py")
    put(tree / "staged.py", "changed again\n")
    put(tree / "run.sh", "#!/bin/sh\n").chmod(0o755)
    (tree / "link").symlink_to("a.py")
    told = found(tree)
    assert told.dirty is True
    again = checked_out(tree, told.commit or "", tmp_path / "again", told.patch)
    assert contents(again, but=(".git",)) == contents(tree, but=(".git",))
    assert os.access(again / "run.sh", os.X_OK)


def test_looking_leaves_index_objects_and_files_alone(tmp_path: Path) -> None:
    """Every file of the repository has the same bytes afterwards, and none is added."""
    tree = work_tree(tmp_path / "r", a__py="1\n")
    put(tree / "a.py", "2\n")
    put(tree / "new.py", "3\n")
    put(tree / "staged.py", "4\n")
    git(tree, "add", "staged.py")
    before = contents(tree)
    assert found(tree).dirty is True
    assert contents(tree) == before


def test_what_git_ignores_is_no_change(tmp_path: Path) -> None:
    """An ignored file neither makes a tree dirty nor is in the patch."""
    tree = work_tree(tmp_path / "r", a__py="1\n", __gitignore="*.npz\n")
    put(tree / "weights.npz", "w")
    assert found(tree).dirty is False


def test_secrets_caches_and_registries_stay_out(tmp_path: Path) -> None:
    """New files with names of secrets, and everything inside a registry, are in no patch."""
    tree = work_tree(tmp_path / "r", a__py="1\n")
    for name in (".env", "key.pem", "__pycache__/a.pyc", "shelf/catalog.db", "shelf/blobs/ab"):
        put(tree / name, "hidden words")
    put(tree / "new.py", "seen words\n")
    told, notes = look(tree)
    assert told is not None
    assert b"seen words" in (told.patch or b"")
    assert b"hidden words" not in (told.patch or b"")
    assert ".env" in notes[0]
    assert "key.pem" in notes[0]


def test_a_repository_without_a_commit_names_no_code(tmp_path: Path) -> None:
    """There is nothing a patch could be applied to."""
    tree = work_tree(tmp_path / "r")
    put(tree / "a.py", "1\n")
    told, notes = look(tree)
    assert told == Repository(tree, str(tree), None, None, None)
    assert "no commit yet" in notes[0]


def test_a_detached_head_is_a_commit_like_another(tmp_path: Path) -> None:
    """What counts is what is checked out."""
    tree = work_tree(tmp_path / "r", a__py="1\n")
    first = git(tree, "rev-parse", "HEAD")
    git(tree, "commit", "--quiet", "--allow-empty", "--message=second")
    git(tree, "checkout", "--quiet", "--detach", first)
    assert found(tree).commit == first


def test_a_linked_work_tree_is_told_as_itself(tmp_path: Path) -> None:
    """`git worktree` has its own root, index and changes."""
    tree = work_tree(tmp_path / "r", a__py="1\n")
    git(tree, "worktree", "add", "--quiet", str(tmp_path / "other"))
    put(tmp_path / "other" / "a.py", "2\n")
    told = found(tmp_path / "other")
    assert (told.root, told.dirty, found(tree).dirty) == (tmp_path / "other", True, False)


def test_large_changes_are_told_and_not_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Neither the files nor the patch may be larger than a patch may be."""
    tree = work_tree(tmp_path / "r", a__py="1\n", gone__bin=os.urandom(5_000))
    monkeypatch.setattr(module, "PATCH_MOST", 1_000)
    put(tree / "a.py", "x" * 1_001)
    told, notes = look(tree)
    assert told is not None
    assert (told.dirty, told.patch) == (True, None)
    assert "1.0 kB" in notes[0]
    put(tree / "a.py", "1\n")
    (tree / "gone.bin").unlink()  # no byte to read, and all of it in the patch
    told, notes = look(tree)
    assert told is not None
    assert (told.dirty, told.patch) == (True, None)
    assert "patch is larger" in notes[0]


def test_a_large_new_file_stays_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What git does not know and is large is hardly code."""
    tree = work_tree(tmp_path / "r", a__py="1\n")
    monkeypatch.setattr(module, "NEW_FILE_MOST", 100)
    put(tree / "data.csv", "x" * 101)
    told, notes = look(tree)
    assert told is not None
    assert told.patch is None
    assert "data.csv" in notes[0]


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("https://ana:hunter2@git.example/churn.git", "https://git.example/churn.git"),
        ("https://ghp_token@git.example/churn?key=s#f", "https://git.example/churn"),
        ("ssh://git:pw@git.example:22/churn", "ssh://git@git.example:22/churn"),
        ("git@git.example:team/churn.git", "git@git.example:team/churn.git"),
        ("/srv/churn.git", "/srv/churn.git"),
        ("https://[broken", "https://…"),
    ],
)
def test_an_address_is_kept_without_its_passwords(given: str, kept: str) -> None:
    """User, password, query and fragment of an address are nobody's business."""
    assert without_secrets(given) == kept


def test_origin_comes_before_other_remotes(tmp_path: Path) -> None:
    """The address is that of origin, else of the remote whose name is first."""
    tree = work_tree(tmp_path / "r", a__py="1\n")
    git(tree, "remote", "add", "abc", "https://u:p@one.example/x.git")
    assert found(tree).address == "https://one.example/x.git"
    git(tree, "remote", "add", "origin", "https://two.example/x.git")
    assert found(tree).address == "https://two.example/x.git"


def _hostile(tree: Path, trap: Path) -> None:
    """Fill a repository with everything that names a program, each of which writes ``trap``."""
    script = put(tree.parent / "trap.sh", f"#!/bin/sh\necho sprung >> {trap}\ncat\n")
    script.chmod(0o755)
    for name in ("post-index-change", "pre-commit", "post-checkout", "reference-transaction"):
        put(tree / ".git" / "hooks" / name, script.read_bytes()).chmod(0o755)
    for key in (
        "core.fsmonitor", "core.sshCommand", "core.pager", "core.editor", "core.askPass",
        "diff.external", "filter.evil.clean", "filter.evil.smudge", "filter.evil.process",
        "diff.evil.textconv", "diff.evil.command", "credential.helper", "gpg.program",
        "core.alternateRefsCommand", "uploadpack.packObjectsHook",
    ):  # fmt: skip
        git(tree, "config", key, str(script))
    git(tree, "config", "filter.evil.required", "true")
    git(tree, "config", "core.hooksPath", str(tree / ".git" / "hooks"))
    put(tree / ".gitattributes", "* filter=evil diff=evil\n")


def test_nothing_that_a_repository_names_is_run(tmp_path: Path) -> None:
    """Monitors, hooks, filters, viewers and transports of a stranger's repository stay still."""
    tree = work_tree(tmp_path / "r", a__py="1\n")
    trap = tmp_path / "sprung"
    _hostile(tree, trap)
    put(tree / "a.py", "2\n")
    put(tree / "new.py", "3\n")
    told, _ = look(tree)
    assert not trap.exists()
    assert told is not None
    assert b"+2" in (told.patch or b"")
    git(tree, "add", "--all", check=False)  # the trap does work: git itself runs into it
    assert trap.exists()


def test_a_partial_clone_fetches_nothing(tmp_path: Path) -> None:
    """Objects that a repository says to lie elsewhere are not asked for by its own program."""
    tree = work_tree(tmp_path / "r", a__py="1\n" * 20)
    trap = tmp_path / "sprung"
    script = put(tmp_path / "trap.sh", f"#!/bin/sh\necho sprung >> {trap}\n")
    script.chmod(0o755)
    blob = git(tree, "rev-parse", "HEAD:a.py")
    (tree / ".git" / "objects" / blob[:2] / blob[2:]).unlink()
    for key, value in (
        ("core.repositoryFormatVersion", "1"),
        ("extensions.partialClone", "origin"),
        ("remote.origin.url", str(tree)),
        ("remote.origin.promisor", "true"),
        ("remote.origin.uploadpack", str(script)),
    ):
        git(tree, "config", key, value)
    put(tree / "a.py", "2\n")
    told, notes = look(tree)
    assert not trap.exists()
    assert told is not None
    assert (told.dirty, told.patch) == (True, None)
    assert notes


def test_a_work_tree_elsewhere_is_not_believed(tmp_path: Path) -> None:
    """A repository cannot have another folder of the disk put into a patch."""
    put(tmp_path / "private" / "diary.txt", "dear diary")
    tree = work_tree(tmp_path / "r", a__py="1\n")
    git(tree, "config", "core.worktree", str(tmp_path / "private"))
    told, notes = look(tree)
    assert told is None
    assert "private" in notes[0]


@pytest.mark.parametrize("variable", ["GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE"])
def test_what_the_environment_says_to_git_is_not_passed_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, variable: str
) -> None:
    """A script started by a git hook is told of its own repository."""
    tree = work_tree(tmp_path / "r", a__py="1\n")
    other = work_tree(tmp_path / "other", b__py="2\n")
    monkeypatch.setenv(variable, str(other / ".git" / "index" if "INDEX" in variable else other))
    assert found(tree) == Repository(
        tree, str(tree), git_head(tree, monkeypatch, variable), dirty=False, patch=None
    )


def git_head(tree: Path, monkeypatch: pytest.MonkeyPatch, variable: str) -> str:
    """Return the commit that is checked out, asked without a variable."""
    monkeypatch.delenv(variable)
    return git(tree, "rev-parse", "HEAD")


@pytest.mark.parametrize("broken", ["HEAD", "config", "index"])
def test_a_broken_repository_is_a_sentence(tmp_path: Path, broken: str) -> None:
    """Whatever is wrong with it, there is an answer and no error."""
    tree = work_tree(tmp_path / "r", a__py="1\n")
    put(tree / "a.py", "2\n")
    (tree / ".git" / broken).write_bytes(b"\0\xff broken")
    told, notes = look(tree)
    assert notes
    assert told is None or told.patch is None


def test_git_that_does_not_end_is_ended(tmp_path: Path) -> None:
    """A call has a time limit, and the answer says so."""
    tree = work_tree(tmp_path / "r", a__py="1\n")
    fifo = tree / "pipe"
    os.mkfifo(fifo)
    answer = ask(tree, ("hash-object", "--no-filters", "pipe"), timeout=0.2)
    assert answer.good is False
    assert "0.2 s" in answer.why
