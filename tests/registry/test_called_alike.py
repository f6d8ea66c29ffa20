"""Things of a lineage that are called alike, or in several ways: none is taken for another."""

from __future__ import annotations

import pytest

from modelshelf.domain.errors import Conflict, Invalid, Refused
from modelshelf.domain.provenance import Code, Dataset, Run
from modelshelf.registry import Registry, open_registry
from tests.registry.conftest import NewFile
from tests.registry.linked import edges, head

ONE, TWO = ("sha256:" + digit * 64 for digit in "12")
COMMIT = "abcdef1234567890abcdef1234567890abcdef12"


def test_a_data_set_called_like_a_base_hides_no_circle(
    registry: Registry, new_file: NewFile
) -> None:
    """Each origin is looked at, also when another one has the same name."""
    register = registry.versions.register
    register("one", new_file())
    register("two", new_file(), base="one:v1", datasets=[Dataset("two:v1")])
    with pytest.raises(Invalid, match="two:v1 was made from one:v1"):
        registry.versions.amend("one:v1", base="two:v1", datasets=[Dataset("two:v1")])
    same = [Dataset("c", digest=ONE), Dataset("c", digest=TWO)]
    register("three", new_file(), datasets=same)
    registry.lineage.link(f"dataset:{ONE}", "produced_by", "one:v1")
    for those in (same, same[::-1]):
        with pytest.raises(Invalid, match="c was made from one:v1"):
            registry.versions.amend("one:v1", datasets=those)


def test_no_undo_closes_such_a_circle(registry: Registry, new_file: NewFile) -> None:
    """What would come back as an origin is told apart by more than its name."""
    same = [Dataset("c", digest=ONE), Dataset("c", digest=TWO)]
    registry.versions.register("one", new_file(), datasets=same)
    registry.versions.amend("one:v1", datasets=[Dataset("other")])
    entry = head(registry)
    registry.lineage.link(f"dataset:{ONE}", "produced_by", "one:v1")
    with pytest.raises(Refused, match="c was made from one:v1 since"):
        registry.undo.take_back(entry)


def test_a_base_that_is_among_the_bases_stays_there_when_it_was_renamed(
    registry: Registry, new_file: NewFile
) -> None:
    """Two fields of a version name another by two names; either may change alone."""
    for model in ("churn", "other"):
        registry.versions.register(model, new_file())
    registry.versions.register("m", new_file(), base="churn:v1")
    registry.models.rename("churn", "kurn")
    registry.versions.amend("m:v1", bases=["kurn:v1"])
    registry.versions.amend("m:v1", base="other:v1")
    both = {("v3", "derived_from", "v1", "told"), ("v3", "derived_from", "v2", "told")}
    assert edges(registry) == both
    registry.versions.amend("m:v1", bases=["hf:o/m"])
    assert ("v3", "derived_from", "v1", "told") not in edges(registry)
    registry.undo.take_back(head(registry))
    assert edges(registry) == both
    assert registry.audit.verify().problems == ()
    registry.upkeep.rebuild()
    assert edges(registry) == both


def test_a_set_goes_by_every_name_that_its_digest_was_given(
    registry: Registry, new_file: NewFile
) -> None:
    """The first name is not the only one, with its version or without; no other set is meant."""
    for name, version in (("customers", "4"), ("clients", "9"), ("customers", None)):
        data = Dataset(name, version=version, digest=ONE)
        registry.versions.register("m", new_file(), datasets=[data])
    registry.versions.register("m", new_file(), datasets=[Dataset("clients emea", digest=TWO)])
    registry.versions.register("m", new_file(), datasets=[Dataset("clients", version="1")])
    counts = {
        "clients@9": 3, "clients": 4, "customers": 3, "customers@4": 3, ONE: 3, ONE[:15]: 3,
        ONE.upper().replace("SHA", "sha"): 3, "clients emea": 1, "clients@1": 1,
    }  # fmt: skip
    for name, count in counts.items():
        assert (name, registry.lineage.impact(f"dataset:{name}").versions) == (name, count)


def test_each_of_two_things_with_one_name_can_be_named(
    registry: Registry, new_file: NewFile
) -> None:
    """The refusal lists what to write, and each of it names one."""
    lineage = registry.lineage
    registry.versions.register("m", new_file())
    lineage.link("m:v1", "trained_on", "dataset:c@4")
    runs = [Run("8", tracker="mlflow"), Run("8", tracker="wandb")]
    for run in runs:
        data = [Dataset("c", version="4", digest=ONE)]
        registry.versions.register("n", new_file(), datasets=data, run=run)
    with pytest.raises(Conflict) as refused:
        lineage.unlink("m:v1", "trained_on", "dataset:c@4", reason="r")
    assert refused.value.why == f"c 4, {ONE}"
    lineage.unlink("m:v1", "trained_on", "dataset:c 4", reason="r")
    lineage.link("m:v1", "trained_on", f"dataset:{ONE}")
    with pytest.raises(Conflict) as refused:
        lineage.link("m:v1", "produced_by", "run:8")
    assert refused.value.why == "mlflow/8, wandb/8"
    lineage.link("m:v1", "produced_by", "run:wandb/8")
    assert {e[2] for e in edges(registry) if e[0] == "v1"} == {f"dataset:{ONE}", "run:wandb/8"}


def test_a_commit_goes_by_the_digits_that_git_shows(registry: Registry, new_file: NewFile) -> None:
    """Seven digits are enough, in either letter case; a link by hand makes no second thing."""
    registry.versions.register("m", new_file(), code=Code(commit=COMMIT.upper()))
    for text in (COMMIT[:7], COMMIT[:12].upper(), COMMIT):
        assert registry.lineage.impact(f"code:{text}").versions == 1
    registry.versions.register("m", new_file())
    registry.lineage.link("m:v2", "built_from", f"code:{COMMIT[:7].upper()}")
    assert registry.lineage.impact(f"code:{COMMIT}").versions == 2


@pytest.mark.parametrize("model", ["hf", "mlflow", "dataset", "run", "outside"])
def test_a_model_called_like_a_kind_of_thing(
    registry: Registry, new_file: NewFile, model: str
) -> None:
    """A reference that fits comes first, wherever a thing is written."""
    registry.versions.register(model, new_file())
    registry.versions.register("m", new_file(), base=f"{model}:v1")
    registry.versions.register("m", new_file(), base="m:v1", bases=[f"{model}:v1"])
    registry.versions.register("m", new_file())
    registry.lineage.link("m:v3", "derived_from", f"{model}:v1")
    found = {(c, p) for c, _kind, p, _origin in edges(registry)}
    assert found == {("v2", "v1"), ("v3", "v1"), ("v3", "v2"), ("v4", "v1")}
    assert registry.lineage.impact(f"{model}:v1").versions == 3
    with pytest.raises(Invalid, match="was made from"):
        registry.lineage.link(f"{model}:v1", "derived_from", "m:v3")


def test_a_former_name_of_a_model_opens_no_other(registry: Registry, new_file: NewFile) -> None:
    """Who may link on some models only links no version of another by a name like a thing's."""
    for model in ("run", "mine/a"):
        registry.versions.register(model, new_file())
    registry.models.rename("run", "secret/r")
    roles = '[roles]\ncontributor = [{ who = ["eve"], models = ["mine/*"] }]\n'
    (registry.path / "modelshelf.toml").write_text(roles, "utf-8")
    with open_registry(registry.path, actor="eve") as eve:
        eve.lineage.link("mine/a:v1", "produced_by", "run:8812")
        eve.lineage.link("mine/a:v1", "produced_by", "run:by-hand")
        before = head(registry)
        for words in (("mine/a:v1", "derived_from", "run:v1"), ("run:v1", "derived_from", "hf:a")):
            with pytest.raises(Refused):
                eve.lineage.link(*words)
    assert head(registry) == before
