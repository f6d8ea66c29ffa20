"""What making a version again takes, whether it is there, and the lines to copy."""

from __future__ import annotations

import shlex
import shutil
import subprocess
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from modelshelf.domain.errors import Corrupt, Invalid, ModelshelfError, NotFound
from modelshelf.domain.provenance import Code, Dataset, Environment
from modelshelf.domain.reproduction import Known
from modelshelf.registry import Registry
from modelshelf.registry.reproducing import keeping
from modelshelf.registry.reproducing.git import is_remote, local_place
from modelshelf.registry.reproducing.packages import pins
from modelshelf.registry.reproducing.steps import word
from tests.furnished import model_file, model_folder
from tests.registry.heads import posix
from tests.registry.remade import COMMAND, data_file, dataset, register, snapshot
from tests.surroundings.work_trees import git


def known(registry: Registry, reference: str, ingredient: str) -> dict[str, Known]:
    """Return what is known of an ingredient, by the first word of what it is."""
    found = registry.reproductions.recipe(reference).known
    return {k.what.split()[0]: k for k in found if k.ingredient == ingredient}


def test_nothing_is_known(registry: Registry, tmp_path: Path) -> None:
    """Of a bare version everything is unknown, and each sentence says what to do."""
    file = model_file(tmp_path, 1)
    recipe = registry.reproductions.recipe(registry.versions.register("m", file).version.reference)
    assert not recipe.complete
    assert {k.ingredient for k in recipe.missing} == {"code", "data", "environment", "command"}
    assert all("ecord" in k.why for k in recipe.missing)


def test_everything_is_there(registry: Registry, tmp_path: Path) -> None:
    """And looking changes nothing."""
    reference = register(registry, tmp_path)
    head = registry.audit.head()
    recipe = registry.reproductions.recipe(reference)
    assert (recipe.complete, recipe.missing) == (True, ())
    assert registry.audit.head() == head


@posix
def test_the_lines_do_what_run_does(registry: Registry, tmp_path: Path) -> None:
    """Copied into a shell, they end with the same bytes, odd names included."""
    odd = tmp_path / 'it\'s a "folder" $HOME'
    reference = register(registry, odd)
    lines = registry.reproductions.recipe(reference).steps
    quick = [line.replace(" -m venv venv", " -m venv --without-pip venv") for line in lines]
    subprocess.run(["bash", "-euc", "\n".join(quick)], cwd=tmp_path, check=True, timeout=120)
    made = tmp_path / "reproduced" / "out" / "model.safetensors"
    assert made.read_bytes() == model_file(tmp_path, 7).read_bytes()


@given(st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=20))
def test_a_word_is_one_word(text: str) -> None:
    """Whatever it holds, it is printable; what needs no escapes is read back by shlex."""
    shown = word(text)
    assert shown.isprintable()
    if not shown.startswith("$'"):
        assert shlex.split(shown) == [text]


@posix
@pytest.mark.parametrize("text", ["a\nb", "\x1b[2J", "\u202ex'\\", "$(id)`id`\t", "$'\n'"])
def test_a_shell_reads_a_word_back(text: str) -> None:
    """Escapes included."""
    done = subprocess.run(
        ["bash", "-c", f"printf %s {word(text)}"], check=True, capture_output=True, timeout=30
    )
    assert done.stdout.decode() == text


def test_data_that_changed_or_went(registry: Registry, tmp_path: Path) -> None:
    """Local data is hashed; other addresses are unchecked; without an address it is unknown."""
    file = data_file(tmp_path)
    folder = model_folder(tmp_path, 3)
    sets = [
        dataset(file, name="same"),
        dataset(file, name="changed", digest="sha256:" + "0" * 64),
        dataset(file, name="undigested", digest=None),
        dataset(file, name="gone", uri=(tmp_path / "gone").as_uri()),
        dataset(file, name="device", uri="file:///dev/zero"),
        dataset(file, name="elsewhere", uri="file://host/share/x"),
        dataset(file, name="lake", uri="lakefs://repo/main/x"),
        dataset(file, name="nowhere", uri=None, path=None),
        dataset(file, name="with", uri=None),
        dataset(file, name="folder", uri=folder.as_uri(), digest="sha256:" + "1" * 64),
        dataset(file, name="shipped", uri="pkg:pypi/Scikit_Learn@1.9.1#sklearn/data/x.csv"),
        dataset(file, name="other", uri="pkg:pypi/scikit-learn@1.9.0#sklearn/data/x.csv"),
        dataset(file, name="unnamed", uri="pkg:pypi/pandas@1#x.csv"),
        dataset(file, name="outside", path="../x"),
        dataset(file, name="drive", path="C:\\x"),
        dataset(file, name="absolute", path="/etc/x"),
    ]
    packages = Environment("3.12.1", packages={"scikit-learn": "1.9.1"})
    reference = register(registry, tmp_path, datasets=sets, environment=packages)
    states = {name: k.state for name, k in known(registry, reference, "data").items()}
    assert states == {
        "same": "there", "changed": "changed", "undigested": "unchecked", "gone": "missing",
        "device": "missing", "elsewhere": "missing", "lake": "unchecked", "nowhere": "unknown",
        "with": "unchecked", "folder": "changed", "shipped": "there", "other": "missing",
        "unnamed": "missing", "outside": "missing", "drive": "missing", "absolute": "missing",
    }  # fmt: skip


def test_code_that_is_there_or_not(registry: Registry, tmp_path: Path) -> None:
    """A repository on this machine is asked; one elsewhere is not."""
    repository = tmp_path / "repository"
    repository.mkdir()
    commit = "a" * 40
    if shutil.which("git") is not None:
        git(repository, "init", "-q")
    reference = register(registry, tmp_path)

    def state(code: Code) -> list[str]:
        registry.versions.amend(reference, code=code)
        found = registry.reproductions.recipe(reference).known
        return [k.state for k in found if k.ingredient == "code"]

    def gone(data: bytes) -> str:
        digest = registry.reproductions.keep(data)
        lost.append(registry.path / "blobs" / "sha256" / digest[:2] / digest)
        return digest

    lost: list[Path] = []
    registry.versions.amend(reference, code=Code(snapshot=gone(b"files")))
    lost.pop().unlink()
    found = registry.reproductions.recipe(reference).known
    assert [k.state for k in found if k.ingredient == "code"] == ["missing"]
    assert state(Code("https://example.org/x.git", commit, dirty=False)) == ["unchecked"]
    assert state(Code("https://example.org/x.git", commit)) == ["unchecked", "unchecked"]
    assert state(Code("https://example.org/x.git", commit, dirty=True)) == ["unchecked", "missing"]
    assert state(Code("https://example.org/x.git")) == ["unknown"]
    assert state(Code(str(tmp_path / "gone"), commit, dirty=False)) == ["missing"]
    assert state(Code(str(repository), commit, dirty=False)) == ["missing"]
    assert state(Code("ext::sh -c touch% /tmp/x", commit, dirty=False)) == ["missing"]
    assert state(Code("--upload-pack=touch x", commit, dirty=False)) == ["missing"]
    assert state(Code("relative/path", commit, dirty=False)) == ["missing"]
    assert state(Code(entry="train.py")) == ["unknown"]


def test_code_is_kept_before_it_is_named(registry: Registry, tmp_path: Path) -> None:
    """A version never names a patch or snapshot that is not here, registered or amended."""
    file = model_file(tmp_path, 3)
    for code in (Code(snapshot="0" * 64), Code(commit="abcd", patch="1" * 64)):
        with pytest.raises(NotFound, match="is not kept in this registry"):
            registry.versions.register("kept", file, code=code)
    made = registry.versions.register("kept", file).version.reference
    with pytest.raises(NotFound, match="the snapshot 000000000000… is not kept"):
        registry.versions.amend(made, code=Code(snapshot="0" * 64))
    assert registry.audit.verify(deep=True).whole


@pytest.mark.parametrize(
    ("address", "remote"),
    [
        ("https://example.org/x.git", True), ("ssh://git@host/x", True), ("git@host:x", True),
        ("ext::sh -c id", False), ("https::x", False), ("file:///x", False), ("/x", False),
        ("-oProxyCommand=id@host:x", False), ("", False),
    ],
)  # fmt: skip
def test_which_addresses_git_is_asked_for(address: str, remote: bool) -> None:  # noqa: FBT001
    """None that starts another program, and none that is an option."""
    assert is_remote(address) is remote


@given(st.text(max_size=30))
def test_any_address_is_answered(address: str) -> None:
    """A place is absolute, or there is none; nothing raises."""
    for each in (address, f"file://{address}", f"file:///{address}"):
        place = local_place(each)
        assert place is None or place.is_absolute()
        is_remote(each)


@pytest.mark.parametrize(
    "uri", ["//host/share/x", "file:////host/share/x", "file://localhost//host/x", "\\\\host\\x"]
)
def test_another_machine_of_windows_is_no_place(uri: str) -> None:
    """Nobody is shown who we are by looking whether something is there."""
    assert local_place(uri) is None


def test_packages_that_are_no_pins(registry: Registry, tmp_path: Path) -> None:
    """What may be an option or an address is never given to pip, and is told as missing."""
    odd = {
        "--no-deps": "1",
        "ok": "1.0",
        "x": "1 --pre",
        "y": "@ https://e.org",
        "modelshelf": "1",
    }
    environment = Environment("3.12.1", packages=odd)
    assert pins(environment) == ("ok==1.0",)
    reference = register(registry, tmp_path, environment=environment)
    found = registry.reproductions.recipe(reference)
    assert len([k for k in found.missing if k.ingredient == "environment"]) == 3


def test_kept_code_comes_back(registry: Registry, tmp_path: Path) -> None:
    """As soon as a version names it, and only as long as it is whole."""
    digest = registry.reproductions.keep(b"a patch")
    with pytest.raises(NotFound):
        registry.reproductions.kept(digest)
    register(registry, tmp_path, code=Code("https://example.org/x.git", "abcd", patch=digest))
    assert registry.reproductions.kept(digest) == b"a patch"
    registry.upkeep.gc(registry.upkeep.gc_plan(0))
    assert registry.reproductions.kept(digest) == b"a patch"
    place = registry._context.blobs.path(digest)
    place.chmod(0o600)
    place.write_bytes(b"b patch")
    with pytest.raises(Corrupt):
        registry.reproductions.kept(digest)


def test_a_models_bytes_are_no_code(registry: Registry, tmp_path: Path) -> None:
    """Naming a blob of a model as code does not hand it out."""
    model = registry.versions.register("other", model_file(tmp_path, 1)).version
    register(registry, tmp_path, code=Code("https://example.org/x.git", "abcd", patch=model.digest))
    with pytest.raises(NotFound):
        registry.reproductions.kept(model.digest)
    for text in ("", "x", "A" * 64, "../../etc/passwd", "%"):
        with pytest.raises(Invalid):
            registry.reproductions.kept(text)


def test_too_much_code(registry: Registry, monkeypatch: pytest.MonkeyPatch) -> None:
    """There is a limit, and the sentence says what to do."""
    monkeypatch.setattr(keeping, "KEPT_MOST", 10)
    assert len(registry.reproductions.keep(b"x" * 10)) == 64
    with pytest.raises(Invalid, match="too much code"):
        registry.reproductions.keep(b"x" * 11)


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("code", '{"command": 3}'),
        ("code", '{"command": [3, {}]}'),
        ("code", '{"snapshot": 3, "directory": 4}'),
        ("code", '{"repository": 5, "commit": "-x"}'),
        ("code", '{"odd": 1}'),
        ("code", "["),
        ("datasets", '[{"name": 3, "uri": 4, "path": 5}]'),
        ("datasets", "[3]"),
        ("environment", '{"python": 3, "packages": {"a": 1}}'),
        ("environment", '{"packages": 3}'),
    ],
)
def test_what_another_hand_edited(
    registry: Registry, tmp_path: Path, column: str, value: str
) -> None:
    """A sentence, or an honest answer; never a traceback."""
    reference = register(registry, tmp_path)
    with registry._context.database.write("edit") as transaction:
        transaction.raw.execute(f"UPDATE version_text SET {column} = ?", (value,))  # noqa: S608
    recipe, refused = None, None
    try:
        recipe = registry.reproductions.recipe(reference)
    except ModelshelfError as error:
        refused = str(error)
    assert refused or (recipe is not None and not recipe.complete)


def test_the_recipe_of_the_past(registry: Registry, tmp_path: Path) -> None:
    """It is what was known then."""
    file = model_file(tmp_path, 1)
    reference = registry.versions.register("m", file).version.reference
    then = registry.audit.head()[0]
    registry.versions.amend(
        reference, code=snapshot(registry, tmp_path), environment=Environment("3.12.1"),
        datasets=[Dataset("d", uri="https://example.org/d")],
    )  # fmt: skip
    assert registry.reproductions.recipe(reference).complete
    assert not registry.at(then).reproductions.recipe(reference).complete
    assert COMMAND[0] in registry.reproductions.recipe(reference).steps[-1]
