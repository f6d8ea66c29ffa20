"""No text, number or wrong type from outside gets through the registry unmannered.

Hostile texts and numbers are in ``test_hostile.py``; here values of a wrong Python type go where
each method takes a name, a text or a number, and what was stored is looked at as people see it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from modelshelf.domain.errors import Invalid, ModelshelfError, NotFound
from modelshelf.domain.provenance import Code, Dataset, Environment, Run
from modelshelf.domain.provenance.measured import FeatureView, MetricSource
from modelshelf.registry import Registry, create_registry, open_registry
from tests.furnished import furnished, model_file, ticking

Use = Callable[[Registry, Any], object]

WRONG = {
    "None": None,
    "bytes": b"risk/churn",
    "list": ["risk/churn"],
    "mapping": {"risk/churn": 1},
    "float": 1.5,
    "object": object(),
    "type": str,
}
ONE = "risk/churn:1"
NAMES: dict[str, Use] = {
    "models.get": lambda r, x: r.models.get(x),
    "models.list pattern": lambda r, x: r.models.list(pattern=x),
    "models.names": lambda r, x: r.models.names(x),
    "models.describe": lambda r, x: r.models.describe(x, owner="o"),
    "models.tag": lambda r, x: r.models.tag(x, set={"a": "b"}),
    "models.tag key": lambda r, x: r.models.tag("risk/churn", set={x: "b"}),
    "models.tag value": lambda r, x: r.models.tag("risk/churn", set={"a": x}),
    "models.tag unset": lambda r, x: r.models.tag("risk/churn", unset=[x]),
    "models.rename": lambda r, x: r.models.rename(x, "other"),
    "models.rename to": lambda r, x: r.models.rename("risk/churn", x),
    "models.retire": lambda r, x: r.models.retire(x, reason="r"),
    "models.retire reason": lambda r, x: r.models.retire("risk/churn", reason=x),
    "models.restore": lambda r, x: r.models.restore(x, reason="r"),
    "register": lambda r, x: r.versions.register(x, __file__),
    "amend": lambda r, x: r.versions.amend(x, tags={"a": "b"}),
    "amend metric": lambda r, x: r.versions.amend(ONE, metrics={x: 1.0}),
    "amend parameter": lambda r, x: r.versions.amend(ONE, params={x: 1}),
    "amend run": lambda r, x: r.versions.amend(ONE, run=Run(x)),
    "amend dataset": lambda r, x: r.versions.amend(ONE, datasets=[Dataset(x)]),
    "amend role": lambda r, x: r.versions.amend(ONE, datasets=[Dataset("d", x)]),
    "amend package": lambda r, x: r.versions.amend(ONE, environment=Environment(packages={x: "1"})),
    "get": lambda r, x: r.versions.get(x),
    "detail": lambda r, x: r.versions.detail(x),
    "versions.list": lambda r, x: r.versions.list(x),
    "search": lambda r, x: r.versions.search(x),
    "compare": lambda r, x: r.comparisons.compare([ONE, x]),
    "tag": lambda r, x: r.versions.tag(x, set={"a": "b"}),
    "alias": lambda r, x: r.versions.alias(ONE, x),
    "alias reference": lambda r, x: r.versions.alias(x, "good"),
    "alias reason": lambda r, x: r.versions.alias(ONE, "good", reason=x),
    "unalias": lambda r, x: r.versions.unalias("risk/churn", x),
    "unalias model": lambda r, x: r.versions.unalias(x, "champion"),
    "aliases": lambda r, x: r.versions.aliases(x),
    "yank": lambda r, x: r.versions.yank(x, reason="r"),
    "yank reason": lambda r, x: r.versions.yank(ONE, reason=x),
    "archive": lambda r, x: r.versions.archive(x, reason="r"),
    "restore": lambda r, x: r.versions.restore(x, reason="r"),
    "checkout": lambda r, x: r.versions.checkout(x, r.path / "out"),
    "checkout to": lambda r, x: r.versions.checkout(ONE, x) if not _path(x) else _refuse(),
    "plan": lambda r, x: r.promotions.plan(x, "staging"),
    "plan stage": lambda r, x: r.promotions.plan(ONE, x),
    "promote": lambda r, x: r.promotions.promote(x, "staging", reason="r"),
    "promote reason": lambda r, x: r.promotions.promote(ONE, "staging", reason=x),
    "promote split": lambda r, x: r.promotions.promote(ONE, "staging", split={x: 100}, reason="r"),
    "rollback": lambda r, x: r.promotions.rollback(x, "production", reason="r"),
    "rollback stage": lambda r, x: r.promotions.rollback("risk/churn", x, reason="r"),
    "rollback reason": lambda r, x: r.promotions.rollback("risk/churn", "production", reason=x),
    "history": lambda r, x: r.promotions.history(x),
    "serving": lambda r, x: r.promotions.serving(x),
    "resolve": lambda r, x: r.promotions.resolve(x),
    "lineage": lambda r, x: r.lineage.of(x),
    "lineage events": lambda r, x: r.lineage.events(x),
    "impact": lambda r, x: r.lineage.impact(x),
    "way": lambda r, x: r.lineage.path(ONE, x),
    "common": lambda r, x: r.lineage.common(x, ONE),
    "obligations": lambda r, x: r.lineage.obligations(x),
    "link": lambda r, x: r.lineage.link(x, "trained_on", "dataset:d"),
    "link kind": lambda r, x: r.lineage.link(ONE, x, "dataset:d"),
    "link target": lambda r, x: r.lineage.link(ONE, "trained_on", x),
    "link reason": lambda r, x: r.lineage.link(ONE, "trained_on", "dataset:d", reason=x),
    "unlink": lambda r, x: r.lineage.unlink(ONE, "trained_on", x, reason="r"),
    "reject": lambda r, x: r.lineage.reject(ONE, "trained_on", x),
    "amend bases": lambda r, x: r.versions.amend(ONE, bases=[x]),
    "amend features": lambda r, x: r.versions.amend(ONE, features=[FeatureView(x)]),
    "amend source": lambda r, x: r.versions.amend(ONE, metric_sources={x: MetricSource("d")}),
    "recipe": lambda r, x: r.reproductions.recipe(x),
    "attempts": lambda r, x: r.reproductions.list(x),
    "kept": lambda r, x: r.reproductions.kept(x),
    "card render": lambda r, x: r.cards.render(x),
    "card history": lambda r, x: r.cards.history(x),
    "card score": lambda r, x: r.cards.score(x),
    "audit.get": lambda r, x: r.audit.get(x),
    "at": lambda r, x: r.at(x) if type(x) is not float else _refuse(),
    "backup": lambda r, x: r.upkeep.backup(x) if not _path(x) else _refuse(),
}
# Here ``None`` means that nothing is asked for.
FILTERS: dict[str, Use] = {
    "models.list after": lambda r, x: r.models.list(after=x),
    "describe": lambda r, x: r.models.describe("risk/churn", description=x),
    "search after": lambda r, x: r.versions.search("", after=x),
    "base": lambda r, x: r.versions.amend(ONE, base=x),
    "card": lambda r, x: r.versions.amend(ONE, card=x),
    "code": lambda r, x: r.versions.amend(ONE, code=Code("r", x)),
    "impact stage": lambda r, x: r.lineage.impact(ONE, stage=x),
    "leaks": lambda r, x: r.lineage.leaks(x),
    "suggestions": lambda r, x: r.lineage.suggestions(x),
    "card other": lambda r, x: r.cards.diff(ONE, other=x),
    "history stage": lambda r, x: r.promotions.history("risk/churn", x),
    "resolve key": lambda r, x: r.promotions.resolve(ONE, key=x),
    "audit model": lambda r, x: r.audit.entries(model=x),
    "audit event": lambda r, x: r.audit.entries(event=x),
    "audit actor": lambda r, x: r.audit.entries(actor=x),
    "audit since": lambda r, x: r.audit.entries(since=x),
    "audit until": lambda r, x: r.audit.entries(until=x),
}
LIMITS: dict[str, Use] = {
    "models.list": lambda r, x: r.models.list(limit=x),
    "models.names": lambda r, x: r.models.names(limit=x),
    "versions.list": lambda r, x: r.versions.list("risk/churn", limit=x),
    "search": lambda r, x: r.versions.search("", limit=x),
    "history": lambda r, x: r.promotions.history("risk/churn", limit=x),
    "serving": lambda r, x: r.promotions.serving(limit=x),
    "entries": lambda r, x: r.audit.entries(limit=x),
    "suggestions": lambda r, x: r.lineage.suggestions(limit=x),
    "ledger": lambda r, x: r.intake.ledger(limit=x),
}


def _path(value: object) -> bool:
    return isinstance(value, bytes)  # a path to the operating system, though not to us


def _refuse() -> object:
    raise TypeError("left out")


@pytest.fixture(scope="module")
def shelf(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Registry]:
    """Furnish a registry once: nothing here may change it."""
    with furnished(tmp_path_factory.mktemp("hostile")) as registry:
        yield registry


def refused(shelf: Registry, use: Use, value: object) -> None:
    """Check that a value is refused, in a sentence when it is for people, and changes nothing."""
    head = shelf.audit.head()
    with pytest.raises((ModelshelfError, TypeError)) as caught:
        use(shelf, value)
    if isinstance(caught.value, ModelshelfError):
        assert str(caught.value).isprintable()
        assert len(str(caught.value)) < 1_000
    assert shelf.audit.head() == head


@pytest.mark.parametrize("name", NAMES)
def test_a_wrong_type_is_no_name(shelf: Registry, name: str) -> None:
    """It is refused like any wrong name, or as a mistake of the program, and never recorded."""
    for value in WRONG.values():
        refused(shelf, NAMES[name], value)


@pytest.mark.parametrize("name", FILTERS)
def test_a_wrong_type_is_no_filter(shelf: Registry, name: str) -> None:
    """Only ``None`` means that nothing is asked for."""
    for value in WRONG.values():
        if value is not None:
            refused(shelf, FILTERS[name], value)


@pytest.mark.parametrize("name", LIMITS)
def test_a_wrong_number_is_no_limit(shelf: Registry, name: str) -> None:
    """Neither a negative one, which SQLite takes for everything, nor one beyond 63 bits."""
    wrong = (-1, -(2**63), 2**63, 10**5_000, 1.5, float("nan"), float("inf"), "2", True)
    for value in (*wrong, *WRONG.values()):
        refused(shelf, LIMITS[name], value)


@pytest.mark.parametrize(
    "details",
    [
        {"metrics": [("auc", 1)]},
        {"metrics": {"auc": "0.9"}},
        {"metrics": {"auc": True}},
        {"metrics": {"auc": None}},
        {"metrics": {"auc": 10**400}},
        {"params": {"p": None}},
        {"params": {"p": [1]}},
        {"params": {"p": float("nan")}},
        {"params": {"p": 2**63}},
        {"tags": "team"},
        {"tags": {"team": 1}},
        {"description": b"x"},
        {"run": "r1"},
        {"run": Run("r", seconds=float("inf"))},
        {"run": Run("r", url=5)},  # type: ignore[arg-type]
        {"code": {"commit": "abcd"}},
        {"code": Code(dirty="yes")},  # type: ignore[arg-type]
        {"datasets": ["d"]},
        {"datasets": [Dataset("d", rows=-1)]},
        {"datasets": [Dataset("d", rows=True)]},
        {"datasets": [Dataset("d", digest="ab")]},
        {"environment": Environment(packages={"numpy": 2})},  # type: ignore[dict-item]
        {"environment": "3.11"},
        {"bases": "churn"},
        {"bases": 5},
        {"bases": [b"x"]},
        {"features": ["view"]},
        {"features": [FeatureView("f", 5)]},  # type: ignore[arg-type]
        {"metric_sources": {"auc": {"dataset": "d"}}},
        {"metric_sources": {"auc": MetricSource(5)}},  # type: ignore[arg-type]
        {"metric_sources": {"auc": MetricSource(direction="up")}},  # type: ignore[arg-type]
        {"metric_sources": [("auc", MetricSource())]},
        {"code": Code(command="python train.py")},  # type: ignore[arg-type]
        {"code": Code(command=(5,))},  # type: ignore[arg-type]
        {"code": Code(patch="ab")},
        {"datasets": [Dataset("d", license=5)]},  # type: ignore[arg-type]
    ],
    ids=str,
)
def test_details_of_a_wrong_kind_are_never_recorded(
    shelf: Registry, details: dict[str, Any]
) -> None:
    """Neither with a new version nor added to one; a program's mistake is Python's own error."""
    head = shelf.audit.head()
    with pytest.raises((ModelshelfError, TypeError, AttributeError)):
        shelf.versions.amend(ONE, **details)
    with pytest.raises((ModelshelfError, TypeError, AttributeError)):
        shelf.versions.register("new", __file__, **details)
    assert shelf.audit.head() == head


@pytest.mark.parametrize(
    "seq", [2**63 - 2, 2**63 - 1, 2**63, 10**30, 10**5_000, -(2**63) - 1], ids=range(6)
)
def test_an_entry_or_moment_beyond_all_numbers_is_not_found(shelf: Registry, seq: int) -> None:
    """It is said in short, however long the number."""
    for ask in (shelf.audit.get, shelf.at, shelf.at(9).audit.get):
        with pytest.raises(NotFound, match="there is no entry") as caught:
            ask(seq)
        assert len(str(caught.value)) < 200


def test_what_was_accepted_is_shown_harmlessly(tmp_path: Path) -> None:
    """Text that is mere data comes back as it was, and in sentences as one safe line."""
    nasty = "[/][bold red]x[/] \u202egnp.exe\u2066 \u200b\u00ad $(id) '; DROP TABLE audit; --"
    with create_registry(tmp_path / "r", actor="[b]ana[/b]", clock=ticking()) as registry:
        file = model_file(tmp_path, 1)
        registry.versions.register(
            "churn", file, tags={"t": nasty}, description=f"{nasty}\n{nasty}", source=nasty
        )
        registry.models.describe("churn", owner=nasty)
        registry.promotions.promote("churn:1", "staging", reason=f"{nasty}\n\x09{nasty}" * 9)
        registry.versions.yank("churn:1", reason=nasty)
        assert registry.versions.get("churn:1").tags == {"t": nasty}
        assert registry.versions.get("churn:1").yanked == nasty
        assert registry.models.get("churn").owner == nasty
        assert registry.promotions.history("churn")[0].reason.count("\n") == 9
        for entry in registry.audit.entries():
            assert entry.sentence.isprintable()
            assert len(entry.sentence) <= 3_000
            assert not set(entry.sentence) & set("\u202e\u2066\u200b\u00ad")
        found = registry.versions.search('tag.t:"' + nasty.replace('"', '\\"') + '"')
        assert [v.number for v in found.versions] == [1]
        assert registry.audit.entries(actor="[b]ana[/b]")[0].actor == "[b]ana[/b]"
        assert registry.audit.verify(deep=True).whole
    with open_registry(tmp_path / "r", actor="eve") as again:
        assert again.at(again.audit.head()[0]).versions.get("churn:1").tags == {"t": nasty}


@pytest.mark.parametrize("actor", ["", " ", "a\nb", "a\x1b[31m", "\udc80", "x" * 201])
def test_an_actor_nobody_can_be_is_refused(tmp_path: Path, actor: str) -> None:
    """Before anything is made."""
    with pytest.raises(Invalid, match="actor"):
        create_registry(tmp_path / "r", actor=actor)
    assert not (tmp_path / "r" / "catalog.db").exists()


@pytest.mark.parametrize(
    "registry_id",
    ["", "x", "g" * 32, "a" * 31, "A" * 32, "\udc80" * 32, "a" * 31 + " "],
    ids=range(7),
)
def test_an_id_that_is_none_is_refused(tmp_path: Path, registry_id: str) -> None:
    """It stands between spaces in the checkpoints, so it must be what it is said to be."""
    with pytest.raises(Invalid, match="registry id"):
        create_registry(tmp_path / "r", actor="ana", registry_id=registry_id)
    assert not (tmp_path / "r" / "catalog.db").exists()
