"""What a patch does not hold: secrets, also those that git knows; and what it costs to look."""

from __future__ import annotations

from pathlib import Path

import pytest

from modelshelf.surroundings import repository as module
from modelshelf.surroundings.left_out import holds_secret, is_secret
from modelshelf.surroundings.repository import look
from modelshelf.surroundings.snapshot import pack
from tests.surroundings.work_trees import git, put, work_tree


@pytest.mark.parametrize("how", ["untracked", "staged", "promised", "known", "staged then changed"])
@pytest.mark.parametrize("name", [".env", "deploy/server.key", ".aws/config", "[x]*.pem"])
def test_no_secret_is_in_a_patch(tmp_path: Path, name: str, how: str) -> None:
    """However far it came into git, its bytes of now are not kept; other changes are."""
    tree = work_tree(tmp_path / "tree", train__py="1\n")
    if how == "known":
        put(tree / name, "old")
        git(tree, "add", "--all")
        git(tree, "commit", "-qm", "oh")
    put(tree / name, "hunter2")
    if how.startswith("staged"):
        git(tree, "add", "--all")
    if how == "promised":
        git(tree, "add", "--intent-to-add", "--all")
    if how == "staged then changed":
        put(tree / name, "hunter2 and more")
    put(tree / "train.py", "2\n")
    told, notes = look(tree)
    assert told is not None
    assert told.patch is not None
    assert b"+2" in told.patch
    assert b"hunter2" not in told.patch
    assert any(name.partition("/")[0] in note for note in notes)


def test_a_secret_alone_is_a_change_that_is_not_kept(tmp_path: Path) -> None:
    """Code of which something is missing is not called clean."""
    tree = work_tree(tmp_path / "tree", __env="old")
    put(tree / ".env", "hunter2")
    told, notes = look(tree)
    assert told is not None
    assert (told.dirty, told.patch) == (True, None)
    assert ".env" in " ".join(notes)


@pytest.mark.parametrize(
    "name",
    [
        ".env.local", "prod.env", ".envrc", ".git-credentials", "secrets.toml", "id_ecdsa",
        "client_secret_12.json", "service-account-x.json", "credentials.yaml", "a.PEM", "x.tfvars",
    ],
)  # fmt: skip
def test_names_of_secrets(name: str) -> None:
    """Files in which tools keep keys."""
    assert is_secret(name)


@pytest.mark.parametrize("name", ["secrets.py", "tokenizer.json", "tokens.txt", "key.py", "env.py"])
def test_names_of_code(name: str) -> None:
    """Code and words of a text model are kept."""
    assert not is_secret(name)


def test_too_many_filters_to_switch_off(tmp_path: Path) -> None:
    """Where their list is longer than is read, none of them is run."""
    tree, proof = (
        work_tree(tmp_path / "tree", t__py="1", __gitattributes="*.py filter=z\n"),
        "proof",
    )
    with (tree / ".git" / "config").open("a") as file:
        file.writelines(f'[filter "{"a" * 2_000}{n}"]\n\tsmudge = x\n' for n in range(700))
        file.write(f'[filter "z"]\n\tclean = "touch {proof}; cat"\n')
    put(tree / "t.py", "22")
    told, notes = look(tree)
    assert told is not None
    assert (told.dirty, told.patch) == (None, None)
    assert "not known" in " ".join(notes)
    assert not (tree / proof).exists()


def test_more_new_files_than_a_patch_takes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """They are counted and not read, so that a folder of results costs a training nothing."""
    monkeypatch.setattr(module, "NEW_FILES_MOST", 3)
    tree = work_tree(tmp_path / "tree", train__py="1\n")
    for number in range(4):
        put(tree / f"{number}.txt", "x")
    told, notes = look(tree)
    assert told is not None
    assert (told.dirty, told.patch) == (True, None)
    assert "4 files" in " ".join(notes)


def test_submodules_are_told(tmp_path: Path) -> None:
    """Their changes are not looked for, and that is no secret."""
    tree = work_tree(tmp_path / "tree", __gitmodules="")
    assert "submodules" in " ".join(look(tree)[1])


@pytest.mark.parametrize(
    "address", ["ext::sh -c 'curl -H token:hunter2 x'", "foo::https://ana:hunter2@example.org/x"]
)
def test_a_transport_of_its_own_is_no_address(tmp_path: Path, address: str) -> None:
    """Its words may be anything, so they are not kept."""
    tree = work_tree(tmp_path / "tree", a__py="1")
    git(tree, "config", "remote.origin.url", address)
    told, _notes = look(tree)
    assert told is not None
    assert told.address == str(tree)


@pytest.mark.parametrize(
    "secret",
    ["-----BEGIN RSA PRIVATE KEY-----\n" + "A" * 40, '"hf_' + "a" * 34 + '"', "AKIA" + "B" * 16],
)
@pytest.mark.parametrize("staged", [False, True])
def test_a_secret_in_a_notebook_is_not_kept(tmp_path: Path, secret: str, *, staged: bool) -> None:
    """What a file holds counts too, in a patch and in a snapshot, and the rest is kept."""
    tree = work_tree(tmp_path / "tree", train__py="1\n")
    put(tree / "note.ipynb", f"say {secret}\n")
    put(tree / "train.py", "2\n")
    if staged:
        git(tree, "add", "--all")
    told, notes = look(tree)
    assert told is not None
    assert told.patch is not None
    assert b"+2" in told.patch
    assert secret[-9:].encode() not in told.patch + pack(tree)
    assert "note.ipynb" in " ".join(notes)


def test_what_only_resembles_a_secret_is_kept() -> None:
    """Words of code and the head of a public key."""
    for text in (b"hf_hub_download(", b"sk-learn", b"-----BEGIN PUBLIC KEY-----", b"AKIA"):
        assert not holds_secret(text)
