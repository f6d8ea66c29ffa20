"""What can be said of a version after its registration: amendments, aliases, yanks, archive."""

from __future__ import annotations

import pytest

from modelshelf.domain.errors import Conflict, Invalid, NotFound, Refused
from modelshelf.domain.provenance import Code, Dataset, DetailFields, Run
from modelshelf.registry import Registry
from tests.registry.conftest import NewFile


@pytest.fixture
def shelf(registry: Registry, new_file: NewFile) -> Registry:
    """Return a registry with three versions of one model."""
    for number in range(3):
        registry.versions.register("churn", new_file(), metrics={"auc": 0.9, "n": number})
    return registry


def test_an_amendment_merges_by_name_and_replaces_the_rest(shelf: Registry) -> None:
    """Metrics, params and tags are merged; texts, run, code and data sets are replaced."""
    versions = shelf.versions
    versions.amend("churn:1", params={"lr": 0.1}, tags={"a": "1"}, run=Run("r1"), card="# One\n")
    versions.amend("churn:1", metrics={"auc": 0.95}, params={"k": 3}, tags={"b": "2"})
    versions.amend("churn:1", run=Run("r2", "https://x"), datasets=[Dataset("d")])
    detail = versions.detail("churn:1")
    assert detail.version.metrics == {"auc": 0.95, "n": 0.0}
    assert detail.version.params == {"lr": "0.1", "k": "3"}
    assert detail.version.tags == {"a": "1", "b": "2"}
    assert (detail.run, detail.card) == (Run("r2", "https://x"), "# One\n")
    versions.amend("churn:1", datasets=[Dataset("e")], code=Code(commit="abcd"))
    assert [d.name for d in versions.detail("churn:1").datasets] == ["e"]
    assert shelf.audit.verify().whole


def test_an_empty_text_clears_and_nothing_at_all_is_refused(shelf: Registry) -> None:
    """A card can be taken away; an amendment of nothing is not an entry."""
    shelf.versions.amend("churn:1", card="# Hi\n", description="x")
    shelf.versions.amend("churn:1", card="")
    detail = shelf.versions.detail("churn:1")
    assert (detail.card, detail.description) == ("", "x")
    head = shelf.audit.head()
    nothings: tuple[DetailFields, ...] = ({}, {"metrics": {}}, {"datasets": []}, {"tags": {}})
    for nothing in nothings:
        with pytest.raises(Invalid, match="nothing to change"):
            shelf.versions.amend("churn:1", **nothing)
    with pytest.raises(Invalid, match="nothing to change"):
        shelf.versions.tag("churn:1")
    assert shelf.audit.head() == head


def test_the_bytes_never_change(shelf: Registry) -> None:
    """Whatever is amended, content, number and creation stay."""
    before = shelf.versions.get("churn:1")
    shelf.versions.amend("churn:1", metrics={"x": 1.0}, base="churn:2", description="new")
    after = shelf.versions.get("churn:1")
    for name in ("id", "number", "digest", "size", "name", "created_at", "created_by", "format"):
        assert getattr(after, name) == getattr(before, name)


def test_a_tag_that_is_not_there_cannot_be_taken_off(shelf: Registry) -> None:
    """A slip in a tag's name is told, and nothing of the same call is done."""
    shelf.versions.tag("churn:1", set={"team": "risk"})
    with pytest.raises(NotFound, match="no tag 'tema'"):
        shelf.versions.tag("churn:1", set={"new": "x"}, unset=["tema"])
    assert shelf.versions.get("churn:1").tags == {"team": "risk"}
    assert shelf.versions.tag("churn:1", unset=["team"]).tags == {}


def test_an_alias_moves(shelf: Registry) -> None:
    """An alias names one version at a time, and every way to it follows."""
    shelf.versions.alias("churn:1", "champion")
    shelf.versions.alias("churn:2", "champion", reason="better")
    shelf.versions.alias("churn:2", "best")
    assert shelf.versions.get("churn:1").aliases == ()
    assert shelf.versions.get("churn@champion").aliases == ("best", "champion")
    assert shelf.versions.aliases("churn") == {"best": "churn:v2", "champion": "churn:v2"}
    assert shelf.promotions.resolve("churn@champion").holders[0].reference == "churn:v2"
    shelf.versions.alias("churn@champion", "third")
    shelf.versions.unalias("churn", "champion", reason="over")
    with pytest.raises(NotFound, match="no alias"):
        shelf.versions.get("churn@champion")
    with pytest.raises(NotFound, match="no alias"):
        shelf.versions.unalias("churn", "champion")


@pytest.mark.parametrize("alias", ["production", "Staging", "latest", "v1", "archived"])
def test_an_alias_cannot_be_what_means_something_else(shelf: Registry, alias: str) -> None:
    """Stages and version numbers are no aliases, in any case."""
    with pytest.raises(Invalid, match="cannot be an alias"):
        shelf.versions.alias("churn:1", alias)


def test_a_yanked_version_still_resolves_with_a_warning(shelf: Registry) -> None:
    """Old references go on working and say why they should not; new promotions are refused."""
    shelf.promotions.promote("churn:1", "production", reason="go")
    assert shelf.versions.yank("churn:1", reason="wrong data").yanked == "wrong data"
    held = shelf.promotions.resolve("churn@production")
    assert held.warnings == ("churn:v1 is yanked: wrong data",)
    with pytest.raises(Conflict, match="already"):
        shelf.versions.yank("churn:1", reason="again")
    with pytest.raises(Refused, match="yanked: wrong data"):
        shelf.promotions.promote("churn:1", "staging", reason="go")
    assert shelf.versions.restore("churn:1", reason="it was right").yanked is None
    shelf.promotions.promote("churn:1", "staging", reason="go")


def test_an_archived_version_says_so_until_it_is_restored(shelf: Registry) -> None:
    """Archiving is done once and undone once, and never to a version that holds a stage."""
    assert shelf.versions.archive("churn:2", reason="old").stage == "archived"
    with pytest.raises(Conflict, match="already"):
        shelf.versions.archive("churn:2", reason="again")
    assert shelf.versions.restore("churn:2", reason="back").stage == "draft"
    with pytest.raises(Conflict, match="neither"):
        shelf.versions.restore("churn:2", reason="again")
    shelf.promotions.promote("churn:3", "staging", reason="go")
    with pytest.raises(Refused, match="holds staging"):
        shelf.versions.archive("churn:3", reason="old")


def test_a_promotion_takes_a_version_out_of_the_archive(shelf: Registry) -> None:
    """Whoever gives it a stage wants it in use."""
    shelf.versions.archive("churn:2", reason="old")
    shelf.promotions.promote("churn:2", "staging", reason="after all")
    assert not shelf.versions.get("churn:2").archived


@pytest.mark.parametrize("reason", ["", "  ", "\t\n"])
def test_a_reason_is_needed_where_an_auditor_would_ask(shelf: Registry, reason: str) -> None:
    """Yanking, archiving, restoring, promoting, rolling back and retiring say why."""
    for use in (
        lambda: shelf.versions.yank("churn:1", reason=reason),
        lambda: shelf.versions.archive("churn:1", reason=reason),
        lambda: shelf.versions.restore("churn:1", reason=reason),
        lambda: shelf.promotions.promote("churn:1", "staging", reason=reason),
        lambda: shelf.promotions.rollback("churn", "staging", reason=reason),
        lambda: shelf.models.retire("churn", reason=reason),
        lambda: shelf.models.restore("churn", reason=reason),
    ):
        with pytest.raises(Invalid, match="reason"):
            use()


def test_versions_are_listed_newest_first_a_page_at_a_time(
    shelf: Registry, new_file: NewFile
) -> None:
    """Each page goes on below the last number of the one before."""
    for _ in range(4):
        shelf.versions.register("churn", new_file())
    pages, after = [], None
    while page := shelf.versions.list("churn", limit=3, after=after):
        pages.append([v.number for v in page])
        after = page[-1].number
    assert pages == [[7, 6, 5], [4, 3, 2], [1]]
    assert [v.number for v in shelf.versions.by_ids([3, 99, 1, 3])] == [3, 1, 3]


def test_a_bare_model_name_is_no_version(shelf: Registry) -> None:
    """What needs a version says how to name one."""
    with pytest.raises(Invalid, match="churn:latest"):
        shelf.versions.get("churn")


def test_a_number_that_is_not_there_says_what_is(shelf: Registry) -> None:
    """A number too high is answered with the newest."""
    with pytest.raises(NotFound, match="newest version is v3"):
        shelf.versions.get("churn:9")
    assert shelf.versions.get("churn:latest").number == 3


def test_searching_goes_through_the_same_door(shelf: Registry) -> None:
    """The search language finds versions by what was recorded of them, a page at a time."""
    shelf.versions.tag("churn:2", set={"team": "risk"})
    assert [v.number for v in shelf.versions.search("tag.team:risk").versions] == [2]
    first = shelf.versions.search("metrics.auc>=0.5", sort="oldest", limit=2)
    rest = shelf.versions.search("metrics.auc>=0.5", sort="oldest", limit=2, after=first.after)
    assert [v.number for v in (*first.versions, *rest.versions)] == [1, 2, 3]
    assert rest.after is None
    past = shelf.at(4).versions.search("tag.team:risk")
    assert past.versions == ()


def test_comparing_needs_two_to_eight(shelf: Registry) -> None:
    """Fewer or more is refused, and two give their differences."""
    for references in ([], ["churn:1"], ["churn:1"] * 9):
        with pytest.raises(Invalid, match="cannot be compared"):
            shelf.comparisons.compare(references)
    shelf.comparisons.compare(["churn:1", "churn:2"])
