"""Registered models: listing, describing, tagging, renaming, retiring."""

from __future__ import annotations

import pytest

from modelshelf.domain.errors import Conflict, Invalid, NotFound
from modelshelf.registry import Registry
from tests.registry.conftest import NewFile


@pytest.fixture
def shelf(registry: Registry, new_file: NewFile) -> Registry:
    """Return a registry with a few models."""
    for name in ("churn", "risk/churn-eu", "risk/fraud_v2", "text/encoder", "Zebra"):
        registry.versions.register(name, new_file())
    return registry


def test_models_are_listed_by_name_a_page_at_a_time(shelf: Registry) -> None:
    """Each page continues after the last name of the one before, and nothing is skipped."""
    names = ["Zebra", "churn", "risk/churn-eu", "risk/fraud_v2", "text/encoder"]
    assert [m.name for m in shelf.models.list()] == names
    pages, after = [], None
    while page := shelf.models.list(limit=2, after=after):
        pages += [m.name for m in page]
        after = page[-1].name
    assert pages == names


@pytest.mark.parametrize(
    ("pattern", "found"),
    [
        ("churn", ["churn", "risk/churn-eu"]),
        ("CHURN", ["churn", "risk/churn-eu"]),
        ("d_v", ["risk/fraud_v2"]),
        ("_", ["risk/fraud_v2"]),
        ("%", []),
        ("\\", []),
        ("k/", ["risk/churn-eu", "risk/fraud_v2"]),
        ("", ["Zebra", "churn", "risk/churn-eu", "risk/fraud_v2", "text/encoder"]),
    ],
)
def test_a_pattern_is_text_and_not_a_language(
    shelf: Registry, pattern: str, found: list[str]
) -> None:
    """What is typed is looked for as it is; the signs of SQL mean nothing."""
    assert [m.name for m in shelf.models.list(pattern=pattern)] == found


def test_names_complete_a_prefix(shelf: Registry) -> None:
    """Completion gives the names that begin so, sorted, and no more than asked for."""
    assert shelf.models.names("risk/") == ("risk/churn-eu", "risk/fraud_v2")
    assert shelf.models.names("risk/", limit=1) == ("risk/churn-eu",)
    assert shelf.models.names("x") == ()


def test_a_description_and_an_owner_change_by_themselves(shelf: Registry) -> None:
    """What is not given stays, an empty text clears, and giving nothing is refused."""
    shelf.models.describe("churn", description="who leaves", owner="ravi")
    shelf.models.describe("churn", owner="eve")
    model = shelf.models.describe("churn", description="")
    assert (model.description, model.owner) == ("", "eve")
    head = shelf.audit.head()
    with pytest.raises(Invalid, match="nothing to change"):
        shelf.models.describe("churn")
    assert shelf.audit.head() == head


def test_tags_are_set_and_taken_off(shelf: Registry) -> None:
    """Tags are merged by name, and one that is not there cannot be taken off."""
    shelf.models.tag("churn", set={"tier": "gold", "team": "risk"})
    model = shelf.models.tag("churn", set={"tier": "lead"}, unset=["team"])
    assert model.tags == {"tier": "lead"}
    head = shelf.audit.head()
    with pytest.raises(NotFound, match="no tag 'team'"):
        shelf.models.tag("churn", set={"a": "b"}, unset=["team"])
    with pytest.raises(Invalid, match="nothing to change"):
        shelf.models.tag("churn")
    assert shelf.audit.head() == head


def test_an_old_name_goes_on_leading_to_the_model(shelf: Registry, new_file: NewFile) -> None:
    """References by a former name resolve, with a warning, and register under the present name."""
    shelf.promotions.promote("churn:1", "production", reason="go")
    model = shelf.models.rename("churn", "risk/churn")
    assert (model.name, model.former_names) == ("risk/churn", ("churn",))
    held = shelf.promotions.resolve("churn@production")
    assert [h.reference for h in held.holders] == ["risk/churn:v1"]
    assert held.warnings == ("churn is called risk/churn now",)
    assert shelf.promotions.resolve("risk/churn@production").warnings == ()
    assert shelf.versions.register("churn", new_file()).version.reference == "risk/churn:v2"
    assert shelf.models.get("churn") == shelf.models.get("risk/churn")


def test_a_name_that_was_ever_given_is_taken(shelf: Registry, new_file: NewFile) -> None:
    """A former name cannot become another model's, or old references would change their meaning."""
    shelf.models.rename("churn", "leaving")
    for other in ("churn", "CHURN", "leaving", "zebra"):
        with pytest.raises(Conflict, match="taken"):
            shelf.models.rename("text/encoder", other)
    assert shelf.versions.register("churn", new_file()).version.reference == "leaving:v2"


def test_a_model_may_take_its_own_name_back(shelf: Registry) -> None:
    """There and back again, and a change of case only."""
    shelf.models.rename("churn", "leaving")
    assert shelf.models.rename("leaving", "churn").former_names == ("leaving",)
    assert shelf.models.rename("churn", "Churn").name == "Churn"
    with pytest.raises(Conflict, match="already"):
        shelf.models.rename("Churn", "Churn")
    assert shelf.audit.verify().whole


def test_a_retired_model_is_hidden_and_comes_back(shelf: Registry) -> None:
    """Retiring loses nothing; it can be done once, and undone once."""
    shelf.models.retire("churn", reason="replaced")
    assert "churn" not in [m.name for m in shelf.models.list()]
    assert "churn" in [m.name for m in shelf.models.list(retired=True)]
    assert shelf.versions.get("churn:1").number == 1
    with pytest.raises(Conflict, match="already"):
        shelf.models.retire("churn", reason="again")
    assert not shelf.models.restore("churn", reason="needed").retired
    with pytest.raises(Conflict, match="not retired"):
        shelf.models.restore("churn", reason="again")


def test_a_model_says_when_it_last_changed(shelf: Registry) -> None:
    """The newest entry about a model is its change, whatever it was about."""
    for change in (
        lambda: shelf.models.describe("churn", owner="eve"),
        lambda: shelf.versions.tag("churn:1", set={"a": "b"}),
        lambda: shelf.versions.alias("churn:1", "best"),
        lambda: shelf.promotions.promote("churn:1", "staging", reason="r"),
    ):
        change()
        newest = shelf.audit.entries(model="churn", limit=1)[0]
        assert shelf.models.get("churn").changed_at == newest.at


def test_a_model_that_is_not_there_is_a_sentence(shelf: Registry) -> None:
    """Every method names the model it did not find."""
    for use in (
        lambda: shelf.models.get("nowhere"),
        lambda: shelf.models.describe("nowhere", owner="x"),
        lambda: shelf.models.rename("nowhere", "x"),
        lambda: shelf.versions.list("nowhere"),
        lambda: shelf.versions.aliases("nowhere"),
        lambda: shelf.promotions.history("nowhere"),
    ):
        with pytest.raises(NotFound, match="'nowhere'"):
            use()
    with pytest.raises(NotFound, match="Did you mean churn"):
        shelf.versions.get("churm:1")
