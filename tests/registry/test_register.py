"""Registering: numbers, known content, bases, and what is refused before anything is stored."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from modelshelf.domain.errors import Conflict, Invalid, ModelshelfError, NotFound, Refused
from modelshelf.domain.inspection import Inspection
from modelshelf.registry import Registry
from modelshelf.registry.arrival.arriving import take_in
from modelshelf.registry.registering import Draft
from tests.furnished import model_file, model_folder
from tests.registry.conftest import NewFile


def test_numbers_count_from_one_for_each_model(registry: Registry, new_file: NewFile) -> None:
    """Each model counts by itself, and the ids of the catalog grow over all of them."""
    made = [
        registry.versions.register(name, new_file()).version for name in ("a", "b", "a", "a", "b")
    ]
    assert [v.reference for v in made] == ["a:v1", "b:v1", "a:v2", "a:v3", "b:v2"]
    assert [v.id for v in made] == [1, 2, 3, 4, 5]
    assert [m.versions for m in registry.models.list()] == [3, 2]


def test_known_content_is_answered_with_its_version(registry: Registry, tmp_path: Path) -> None:
    """The same bytes under any file name are the same version; nothing is recorded."""
    first = registry.versions.register("churn", model_file(tmp_path, 1), metrics={"auc": 0.9})
    head = registry.audit.head()
    again = registry.versions.register("churn", model_file(tmp_path, 1, "other.safetensors"))
    assert (first.created, again.created) == (True, False)
    assert again.version == first.version
    assert registry.audit.head() == head


def test_the_same_content_may_be_of_two_models(registry: Registry, tmp_path: Path) -> None:
    """Knowing content is a matter of one model; a digest then names two versions."""
    file = model_file(tmp_path, 1)
    one = registry.versions.register("a", file).version
    assert registry.versions.register("b", file).created
    with pytest.raises(Conflict, match="2 versions"):
        registry.versions.get(f"sha256:{one.digest[:12]}")
    held = registry.promotions.resolve(f"sha256:{one.digest}")
    assert [h.reference for h in held.holders] == ["a:v1"]


def test_force_new_makes_a_new_version_of_known_content(registry: Registry, tmp_path: Path) -> None:
    """Whoever insists gets a new number, and known content is then the newest one."""
    file = model_file(tmp_path, 1)
    registry.versions.register("churn", file)
    forced = registry.versions.register("churn", file, force_new=True)
    assert (forced.created, forced.version.number) == (True, 2)
    assert registry.versions.register("churn", file).version.number == 2
    assert registry.audit.verify(deep=True).whole


def test_a_folder_is_one_version_with_all_its_files(registry: Registry, tmp_path: Path) -> None:
    """A folder's files are listed, and its digest names the list of them."""
    folder = model_folder(tmp_path, 1)
    made = registry.versions.register("encoder", folder).version
    assert made.kind == "folder"
    files = registry.versions.detail("encoder:1").files
    assert [f.path for f in files] == ["config.json", "model.safetensors", "tokenizer/vocab.txt"]
    assert sum(f.size for f in files) == made.size
    assert not registry.versions.register("encoder", folder).created
    (folder / "config.json").write_text("{}", "utf-8")
    assert registry.versions.register("encoder", folder).version.number == 2


def test_a_base_is_recorded_by_what_it_is_and_not_by_what_it_was_called(
    registry: Registry, new_file: NewFile
) -> None:
    """`churn:latest` as a base stays the version it was, however many come after."""
    registry.versions.register("churn", new_file())
    registry.versions.register("churn", new_file(), base="churn:latest")
    registry.versions.register("churn", new_file())
    registry.versions.alias("churn:3", "best")
    registry.versions.amend("churn:2", base="churn@best")
    assert registry.versions.detail("churn:2").base == "churn:v3"
    assert registry.versions.detail("churn:3").derived == ("churn:v2",)
    bodies = [e.body["details"] for e in registry.audit.entries(event="version.*")]
    assert [b["base"] for b in bodies if "base" in b] == ["churn:v3", "churn:v1"]


def test_a_circle_of_bases_is_refused(registry: Registry, new_file: NewFile) -> None:
    """A version comes neither from itself nor from what came from it, at any distance."""
    registry.versions.register("churn", new_file())
    for number in (1, 2, 3):
        registry.versions.register("churn", new_file(), base=f"churn:{number}")
    head = registry.audit.head()
    for base in ("churn:1", "churn:2", "churn:4"):
        with pytest.raises(Invalid, match="cannot be the base"):
            registry.versions.amend("churn:1", base=base)
    assert registry.audit.head() == head
    assert registry.versions.amend("churn:4", base="churn:1").number == 4


@pytest.mark.parametrize("base", ["churn:9", "other:1", "churn@best", "sha256:" + "0" * 64])
def test_a_base_that_is_not_there_registers_nothing(
    registry: Registry, new_file: NewFile, base: str
) -> None:
    """A base is found before a byte is stored."""
    registry.versions.register("churn", new_file())
    before = registry.audit.head(), set(registry._context.blobs.digests())
    with pytest.raises(NotFound):
        registry.versions.register("churn", new_file(), base=base)
    assert (registry.audit.head(), set(registry._context.blobs.digests())) == before


def test_a_name_that_differs_by_case_is_refused(registry: Registry, new_file: NewFile) -> None:
    """Two models whose folders would be one on another system cannot both be."""
    registry.versions.register("risk/Churn", new_file())
    with pytest.raises(Conflict, match="differs only by case"):
        registry.versions.register("risk/churn", new_file())
    assert registry.models.names() == ("risk/Churn",)


def test_a_retired_model_takes_no_version(registry: Registry, new_file: NewFile) -> None:
    """Out of use means out of use, until it is taken into use again."""
    registry.versions.register("churn", new_file())
    registry.models.retire("churn", reason="replaced")
    with pytest.raises(Refused, match="retired"):
        registry.versions.register("churn", new_file())
    registry.models.restore("churn", reason="not yet")
    assert registry.versions.register("churn", new_file()).version.number == 2


def test_a_file_that_holds_a_bomb_is_refused(registry: Registry, tmp_path: Path) -> None:
    """A pickle that would run a command is not registered, and nothing is recorded of it."""
    bomb = tmp_path / "model.pkl"
    bomb.write_bytes(b"cos\nsystem\n(S'echo pwned'\ntR.")
    head = registry.audit.head()
    with pytest.raises(Refused, match="not safe"):
        registry.versions.register("churn", bomb)
    assert registry.audit.head() == head
    assert registry.models.names() == ()


@pytest.mark.parametrize("what", ["nothing", "empty folder", "link", "fifo", "nul"])
def test_what_is_no_file_is_refused_with_a_sentence(
    registry: Registry, tmp_path: Path, what: str
) -> None:
    """A missing file, an empty folder, a link and a pipe register nothing."""
    import os

    target = tmp_path / "thing"
    if what == "empty folder":
        target.mkdir()
    elif what == "link":
        target.symlink_to(model_file(tmp_path, 1))
    elif what == "fifo":
        os.mkfifo(target)
    elif what == "nul":
        target = Path("a\0b")
    with pytest.raises(ModelshelfError) as caught:
        registry.versions.register("churn", target)
    assert str(caught.value).isprintable()
    assert registry.models.names() == ()


def test_everything_that_was_said_is_kept(registry: Registry, new_file: NewFile) -> None:
    """Every detail comes back as it was given, at once and from a replay."""
    from modelshelf.domain.provenance import Code, Dataset, DetailFields, Environment, Run

    given: DetailFields = {
        "run": Run("r1", "https://runs/1", 0.0),
        "code": Code("git@host:x", "abcdef12", dirty=False, entry=None),
        "datasets": (Dataset("d", "evaluated_on", None, None, 0), Dataset("e")),
        "environment": Environment(None, "linux", {"numpy": "2"}),
        "description": "two\nlines",
        "card": "---\nlicense: mit\n---\n# Hi\n",
        "metrics": {"auc": 1, "x": -0.0},
        "params": {"n": 3, "ok": True},
    }
    registry.versions.register("churn", new_file(), **given)
    registry.upkeep.rebuild()
    detail = registry.versions.detail("churn:1")
    for name in ("run", "code", "datasets", "environment", "description", "card"):
        assert getattr(detail, name) == given[name]
    assert detail.version.metrics == {"auc": 1.0, "x": 0.0}
    assert detail.version.params == {"n": "3", "ok": "true"}
    assert detail.source == "model.safetensors"


def test_many_are_recorded_at_once_or_not_at_all(registry: Registry, new_file: NewFile) -> None:
    """Drafts whose bytes are stored become versions in one transaction."""
    drafts = [Draft(f"m/{n % 3}", *take_in(registry._context, new_file(), None)) for n in range(9)]
    assert registry.versions.register_many(drafts) == 9
    assert [m.versions for m in registry.models.list()] == [3, 3, 3]
    head = registry.audit.head()
    bad = Draft("con", drafts[0].content, Inspection("onnx"))
    with pytest.raises(Invalid):
        registry.versions.register_many([drafts[0], bad])
    assert registry.audit.head() == head
    assert registry.audit.verify(deep=True).whole


@pytest.mark.skipif(os.name == "nt", reason="the name is one of POSIX")
def test_a_hostile_file_name_is_told_harmlessly(registry: Registry, tmp_path: Path) -> None:
    """A name with control characters is no reason to refuse the bytes; its source is readable."""
    file = model_file(tmp_path, 7).rename(tmp_path / "m\x1b]0;title\x07.safetensors")
    made = registry.versions.register("churn", file)
    assert registry.versions.detail("churn:1").source == "m\\x1b]0;title\\x07.safetensors"
    assert made.version.name == file.name


def test_a_source_that_cannot_be_kept_stores_nothing(registry: Registry, tmp_path: Path) -> None:
    """What a caller hands in is looked at before any byte is copied."""
    with pytest.raises(Invalid):
        registry.versions.register("churn", model_file(tmp_path, 8), source="a\x1bb")
    assert list(registry._context.blobs.digests()) == []
