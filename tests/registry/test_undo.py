"""Undo: what comes back, what never does, and that nothing is erased."""

from __future__ import annotations

from typing import Any

import pytest

from modelshelf.domain.errors import Corrupt, Invalid, ModelshelfError, NotFound, Refused
from modelshelf.domain.provenance import Code, Dataset, Environment, Run
from modelshelf.registry import Registry, open_registry
from tests.conftest import Clock
from tests.registry.conftest import NewFile
from tests.registry.shelf_model import shown
from tests.sentences import check_sentence


@pytest.fixture
def shelf(registry: Registry, new_file: NewFile) -> Registry:
    """Return a registry with four versions of churn."""
    for auc in (0.7, 0.8, 0.9, 0.95):
        registry.versions.register("churn", new_file(), metrics={"auc": auc}, tags={"team": "a"})
    return registry


def state(shelf: Registry) -> dict[str, Any]:
    """Return everything that an undo may have to bring back."""
    model = shelf.models.get("churn")
    details = [shelf.versions.detail(f"churn:{n}") for n in range(1, 5)]
    return {
        "shown": shown(shelf),
        "model": (model.name, model.description, model.owner, dict(model.tags), model.retired),
        "aliases": dict(shelf.versions.aliases("churn")),
        "details": [
            (d.description, d.card, d.datasets, d.run, d.code, d.environment, d.base,
             dict(d.version.params))
            for d in details
        ],
    }  # fmt: skip


def said(shelf: Registry, entry: int | None = None) -> str:
    """Return why an entry cannot be taken back, which plan and call say in the same words."""
    head = shelf.audit.head()
    plan = shelf.undo.plan(entry)
    with pytest.raises(Refused) as refused:
        shelf.undo.take_back(entry, reason="r")
    check_sentence(refused.value)
    assert plan.refused == str(refused.value)
    assert plan.sentences == ()
    assert shelf.audit.head() == head
    return str(refused.value)


def head(shelf: Registry) -> int:
    """Return the number of the newest entry."""
    return shelf.audit.head()[0]


def _prepared(shelf: Registry) -> None:
    """Let there be something of everything to come back to."""
    shelf.models.describe("churn", description="who leaves", owner="ravi")
    shelf.models.tag("churn", set={"tier": "gold", "old": "x"})
    shelf.versions.alias("churn:1", "champion", reason="first")
    shelf.versions.amend(
        "churn:2", card="# Two\n", params={"lr": "0.10"}, datasets=[Dataset("d")], base="churn:1"
    )
    shelf.promotions.promote("churn:1", "production", reason="go")
    shelf.promotions.promote("churn:2", "production", weight=20, reason="a test")


CHANGES: dict[str, Any] = {
    "describe": lambda r: r.models.describe("churn", description="other"),
    "owner": lambda r: r.models.describe("churn", owner=""),
    "tag": lambda r: r.models.tag("churn", set={"tier": "tin", "new": "1"}, unset=["old"]),
    "rename": lambda r: r.models.rename("churn", "risk/churn"),
    "retire": lambda r: r.models.retire("churn", reason="old"),
    "alias moved": lambda r: r.versions.alias("churn:2", "champion"),
    "alias new": lambda r: r.versions.alias("churn:2", "best"),
    "alias gone": lambda r: r.versions.unalias("churn", "champion"),
    "version tags": lambda r: r.versions.tag("churn:1", set={"x": "y"}, unset=["team"]),
    "metric": lambda r: r.versions.amend("churn:1", metrics={"auc": 0.1}),
    "param": lambda r: r.versions.amend("churn:2", params={"lr": 3}),
    "card": lambda r: r.versions.amend("churn:2", card="", description="d"),
    "datasets": lambda r: r.versions.amend(
        "churn:2", datasets=[Dataset("e", digest="sha256:" + "1" * 64)]
    ),
    "datasets new": lambda r: r.versions.amend("churn:1", datasets=[Dataset("e")]),
    "base": lambda r: r.versions.amend("churn:2", base="churn:3"),
    "new metric": lambda r: r.versions.amend("churn:1", metrics={"f1": 0.5, "auc": 0.1}),
    "new param": lambda r: r.versions.amend("churn:1", params={"odd.name": 3}),
    "first base": lambda r: r.versions.amend("churn:4", base="churn:1"),
    "first run, code": lambda r: r.versions.amend(
        "churn:4", run=Run("r9"), code=Code(commit="ab12cd34"), environment=Environment("3.12")
    ),
    "archive": lambda r: r.versions.archive("churn:4", reason="old"),
    "yank": lambda r: r.versions.yank("churn:3", reason="leak"),
    "promote": lambda r: r.promotions.promote("churn:3", "production", reason="better"),
    "first promotion": lambda r: r.promotions.promote("churn:4", "staging", reason="try"),
    "ramp": lambda r: r.traffic.ramp("churn:2", weight=50, reason="more"),
    "rollback": lambda r: r.promotions.rollback("churn", "production", reason="errors"),
}


@pytest.mark.parametrize("name", CHANGES)
def test_a_change_comes_back_exactly_and_goes_again(shelf: Registry, name: str) -> None:
    """Undo brings back what was, redo brings back the change, and the log keeps all of it."""
    _prepared(shelf)
    before = state(shelf)
    CHANGES[name](shelf)
    changed, entry = state(shelf), head(shelf)
    assert changed != before
    plan = shelf.undo.plan()
    made = shelf.undo.take_back(reason="oops")
    assert plan.entry.seq == entry
    assert state(shelf) == before
    assert all(e.sentence.startswith(s) for e, s in zip(made, plan.sentences, strict=True))
    assert all(e.body["undoes"] == entry for e in made)
    again = shelf.undo.take_back(made[0].seq, reason="it was right")
    assert state(shelf) == changed
    shelf.undo.take_back(entry, reason="it was not")
    assert state(shelf) == before
    assert [e.seq for e in shelf.audit.entries(limit=2)] == [head(shelf), head(shelf) - 1]
    assert again[0].body["undoes"] == made[0].seq
    assert shelf.audit.verify().problems == ()
    with shelf.at(entry) as then:
        assert state(then) == changed
    shelf.upkeep.rebuild()
    assert state(shelf) == before


def test_a_yank_of_an_archived_version_leaves_it_archived(shelf: Registry) -> None:
    """One state of a version comes back without the other, which takes two entries."""
    shelf.versions.archive("churn:4", reason="old")
    shelf.versions.yank("churn:4", reason="leak")
    made = shelf.undo.take_back()
    assert [e.event for e in made] == ["version.restored", "version.archived"]
    version = shelf.versions.get("churn:4")
    assert (version.archived, version.yanked) == (True, None)
    for of in made:  # either number means the whole undo
        plan = shelf.undo.plan(of.seq)
        assert plan.sentences == (f"yanked churn:v4, taking back entry {made[0].seq}: “leak”",)
        assert not plan.keeps_reason
    shelf.undo.take_back(made[1].seq)
    assert shelf.versions.get("churn:4").yanked == "leak"
    assert shelf.undo.plan(made[0].seq).refused is not None


def test_restoring_comes_back_as_both_states(shelf: Registry) -> None:
    """A restored version may have been archived and yanked, with a reason; all of it returns."""
    shelf.versions.archive("churn:4", reason="old")
    shelf.versions.yank("churn:4", reason="leak")
    shelf.versions.restore("churn:4", reason="was fine")
    made = shelf.undo.take_back(reason="was not")
    assert [e.event for e in made] == ["version.archived", "version.yanked"]
    version = shelf.versions.get("churn:4")
    assert (version.archived, version.yanked) == (True, "leak")


def test_one_step_after_the_other_goes_back(shelf: Registry) -> None:
    """Without a number each undo goes one change further, past those of others."""
    shelf.models.describe("churn", owner="a")
    shelf.models.describe("churn", owner="b")
    with open_registry(shelf.path, actor="ravi", clock=shelf._context.clock) as other:
        other.versions.alias("churn:1", "champion")
        with (
            pytest.raises(NotFound, match="nothing that nobody changed could be taken back"),
            open_registry(shelf.path, actor="nobody", clock=shelf._context.clock) as idle,
        ):
            idle.undo.plan()
    shelf.undo.take_back()
    assert shelf.models.get("churn").owner == "a"
    shelf.undo.take_back()
    assert shelf.models.get("churn").owner == ""
    assert "a registration stands" in said(shelf)
    assert shelf.versions.aliases("churn") == {"champion": "churn:v1"}


class TestStages:
    def test_a_first_promotion_leaves_nobody_behind(self, shelf: Registry) -> None:
        """Nobody holds the stage then, everywhere it is asked; the version is a draft again."""
        given = shelf.promotions.promote("churn:1", "production", reason="go")
        assert shelf.undo.plan().needs_reason
        (made,) = shelf.undo.take_back(reason="too early")
        assert made.sentence == (
            f"took production of churn away from everybody, taking back entry {given.id}:"
            " “too early”"
        )
        assert shelf.models.get("churn").stages == {}
        version = shelf.versions.get("churn:1")
        assert (version.stage, version.archived, version.weight) == ("draft", False, 0)
        assert shelf.promotions.serving("production") == ()
        assert [a.holders for a in shelf.promotions.history("churn")] == [(), given.holders]
        with pytest.raises(NotFound, match="no version of churn holds production"):
            shelf.promotions.resolve("churn@production")
        with shelf.at(given.id) as then:
            assert then.versions.get("churn:1").stage == "production"
        plan = shelf.promotions.plan("churn:2", "production")
        assert plan.holders_now == ()
        with pytest.raises(Invalid, match="nobody"):
            shelf.promotions.promote("churn:2", "production", weight=20, reason="r")

    def test_a_vacated_stage_rolls_back_to_who_held_it(self, shelf: Registry) -> None:
        """A rollback leads out of the vacancy, and never into it."""
        given = shelf.promotions.promote("churn:1", "production", reason="go")
        (gone,) = shelf.undo.take_back(reason="too early")
        back = shelf.promotions.rollback("churn", "production", reason="it was fine")
        assert (back.holders, back.restores) == (given.holders, given.id)
        with pytest.raises(NotFound, match="no earlier assignment"):
            shelf.promotions.rollback("churn", "production", to=gone.seq, reason="r")
        with pytest.raises(NotFound, match="nothing came before"):
            shelf.promotions.rollback("churn", "production", reason="r")

    def test_a_reason_is_asked_for(self, shelf: Registry) -> None:
        """Who moves a stage says why, as with a rollback."""
        shelf.promotions.promote("churn:1", "production", reason="go")
        with pytest.raises(Invalid, match="the reason is empty"):
            shelf.undo.take_back()
        assert shelf.versions.get("churn:1").stage == "production"

    def test_a_yanked_version_does_not_take_over_again(self, shelf: Registry) -> None:
        """The one before was yanked since."""
        shelf.promotions.promote("churn:1", "production", reason="go")
        given = shelf.promotions.promote("churn:2", "production", reason="go")
        shelf.versions.yank("churn:1", reason="leak \x1b[31m".replace("\x1b", ""))
        assert said(shelf, given.id) == (
            f"entry {given.id} cannot be taken back: churn:v1 held production before, and is"
            " yanked: leak [31m. Restore the version first, or roll back to another assignment."
        )

    def test_damaged_bytes_do_not_take_over_again(self, shelf: Registry) -> None:
        """The bytes are verified first, as in a rollback."""
        shelf.promotions.promote("churn:1", "production", reason="go")
        shelf.promotions.promote("churn:2", "production", reason="go")
        blob = shelf._context.blobs.path(shelf.versions.get("churn:1").digest)
        blob.chmod(0o644)
        blob.write_bytes(blob.read_bytes()[:-1] + b"x")
        with pytest.raises(Corrupt):
            shelf.undo.take_back(reason="r")
        assert shelf.versions.get("churn:2").stage == "production"

    def test_a_stage_that_the_policy_dropped(self, shelf: Registry, clock: Clock) -> None:
        """What the ladder no longer has cannot be given back."""
        policy = shelf.path / "modelshelf.toml"
        policy.write_text("[stages.shadow]\n", "utf-8")
        with open_registry(shelf.path, actor="ana", clock=clock) as with_shadow:
            given = with_shadow.promotions.promote("churn:1", "shadow", reason="go")
        policy.write_text("", "utf-8")
        with open_registry(shelf.path, actor="ana", clock=clock) as without:
            assert said(without, given.id) == (
                f"entry {given.id} cannot be taken back: the policy has no stage shadow any more."
            )

    def test_who_holds_another_stage_now_stays_out_of_the_archive(self, shelf: Registry) -> None:
        """A version that came out of the archive and holds more by now is not put away."""
        shelf.versions.archive("churn:1", reason="old")
        given = shelf.promotions.promote("churn:1", "production", reason="go")
        shelf.promotions.promote("churn:1", "staging", reason="too")
        shelf.undo.take_back(given.id, reason="r")
        version = shelf.versions.get("churn:1")
        assert (version.stage, version.archived) == ("staging", False)


class TestRefused:
    def test_what_was_changed_again_names_the_entry(self, shelf: Registry) -> None:
        """Who wants it says first what becomes of the later change."""
        shelf.models.tag("churn", set={"tier": "gold"})
        first = head(shelf)
        shelf.models.tag("churn", set={"tier": "tin"})
        second = head(shelf)
        shelf.models.describe("churn", owner="x")
        assert said(shelf, first) == (
            f"entry {first} cannot be taken back: the tag tier changed again since, in entry"
            f" {second}. Take that one back first: modelshelf undo {second}."
        )
        shelf.undo.take_back(second)
        shelf.undo.take_back(first)
        assert shelf.models.get("churn").tags == {}

    def test_what_was_taken_back_names_the_undo(self, shelf: Registry) -> None:
        """Twice is once."""
        shelf.models.retire("churn", reason="old")
        entry = head(shelf)
        (made,) = shelf.undo.take_back(reason="in use")
        assert said(shelf, entry) == (
            f"entry {entry} cannot be taken back: entry {made.seq} took it back already."
            f" To have it again, take that one back: modelshelf undo {made.seq}."
        )

    def test_a_base_that_would_make_a_circle(self, shelf: Registry) -> None:
        """The former base was meanwhile made from the version itself."""
        shelf.versions.amend("churn:3", base="churn:1")
        shelf.versions.amend("churn:3", base="churn:2")
        entry = head(shelf)
        shelf.versions.amend("churn:1", base="churn:3")
        assert said(shelf, entry) == (
            f"entry {entry} cannot be taken back: churn:v1 was made from churn:v3 since."
        )

    def test_freed_bytes_do_not_come_back(self, shelf: Registry) -> None:
        """A yank that gc acted on stands, and no alias is given to what is gone."""
        shelf.versions.alias("churn:4", "best")
        shelf.versions.unalias("churn", "best")
        shelf.versions.yank("churn:4", reason="leak")
        yanked = head(shelf)
        shelf.upkeep.gc(shelf.upkeep.gc_plan(0))
        freed = "the bytes of churn:v4 were freed since. Register the file again."
        for entry in (yanked, yanked - 1):
            assert said(shelf, entry) == f"entry {entry} cannot be taken back: {freed}"

    def test_an_alias_that_is_a_stage_by_now(self, shelf: Registry, clock: Clock) -> None:
        """The policy may have taken the name since."""
        shelf.versions.alias("churn:4", "canary")
        shelf.versions.unalias("churn", "canary")
        entry = head(shelf)
        (shelf.path / "modelshelf.toml").write_text("[stages.canary]\n", "utf-8")
        with open_registry(shelf.path, actor="ana", clock=clock) as again:
            assert said(again, entry).startswith(
                f"entry {entry} cannot be taken back: 'canary' cannot be an alias: it is a stage."
            )

    def test_what_was_archived_before_and_holds_a_stage_now(self, shelf: Registry) -> None:
        """A holder is never archived."""
        shelf.versions.archive("churn:4", reason="old")
        shelf.versions.restore("churn:4", reason="needed")
        entry = head(shelf)
        shelf.promotions.promote("churn:4", "staging", reason="try")
        assert said(shelf, entry) == (
            f"entry {entry} cannot be taken back: churn:v4 holds staging now, and would be"
            " archived. Give the stage to another version first."
        )

    def test_what_has_no_inverse_says_what_to_do_instead(self, shelf: Registry) -> None:
        """The registry, its policy and its registrations stand."""
        stands = {e.event: e.seq for e in shelf.audit.entries()}
        assert said(shelf, 1) == "entry 1 cannot be taken back: it made the registry."
        registered = said(shelf, stands["version.registered"])
        assert registered.endswith("Use modelshelf yank or modelshelf archive for the version.")
        assert said(shelf, stands["model.created"]).count("a registration stands") == 1
        shelf.models.describe("churn", owner="")
        assert "it changed nothing" in said(shelf)

    @pytest.mark.parametrize("number", [0, -1, 10**6, 2**70, True, "7", 1.0])
    def test_an_entry_that_is_none(self, shelf: Registry, number: Any) -> None:  # noqa: ANN401
        """Any number is answered, and what is no number too."""
        for use in (shelf.undo.plan, shelf.undo.take_back):
            with pytest.raises(NotFound) as missing:
                use(number)
            check_sentence(missing.value)

    def test_the_past_is_not_changed(self, shelf: Registry) -> None:
        """A registry as of an entry takes nothing back."""
        with shelf.at(3) as past, pytest.raises(Refused, match="the past cannot be changed"):
            past.undo.plan()

    @pytest.mark.parametrize("reason", ["\x1b[31m", "x" * 10_000, "\ud800"])
    def test_a_hostile_reason_is_refused(self, shelf: Registry, reason: str) -> None:
        """What no reason may be is no reason here."""
        shelf.models.retire("churn", reason="old")
        with pytest.raises(Invalid) as refused:
            shelf.undo.take_back(reason=reason)
        check_sentence(refused.value)
        assert shelf.models.get("churn").retired


class TestRaces:
    @pytest.mark.parametrize("who", ["tag", "undo"])
    def test_what_somebody_changed_after_the_plan_is_seen(self, shelf: Registry, who: str) -> None:
        """What is decided before the lock is decided again under it."""
        shelf.models.tag("churn", set={"tier": "gold"})
        entry = head(shelf)
        real = shelf._context.write

        def late(purpose: str) -> Any:  # noqa: ANN401 - a context manager
            shelf._context.write = real  # type: ignore[method-assign]
            if who == "tag":
                shelf.models.tag("churn", set={"tier": "tin"})
            else:
                shelf.undo.take_back(entry)
            return real(purpose)

        shelf._context.write = late  # type: ignore[method-assign]
        with pytest.raises(ModelshelfError, match=r"changed again since|took it back already"):
            shelf.undo.take_back(entry)
        assert head(shelf) == entry + 1
