"""Every question at every earlier entry is answered as it was then, and nothing can be changed."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta, timezone
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from modelshelf.domain.errors import ModelshelfError, NotFound, Refused
from modelshelf.domain.provenance import Dataset
from modelshelf.registry import Registry, create_registry
from tests.conftest import START, MakeModelFile
from tests.furnished import model_file

REFERENCES = ("a/one:1", "a/one:2", "a/one:latest", "a/one@best", "a/one@production", "two:1")


def answer(question: Callable[[], Any]) -> Any:  # noqa: ANN401 - whatever was asked for
    """Return an answer, or the family of the refusal."""
    try:
        return question()
    except ModelshelfError as error:
        return type(error).__name__


def everything(registry: Registry) -> dict[str, Any]:
    """Ask everything that a person can ask, and remember the answers."""
    models, versions, promotions = registry.models, registry.versions, registry.promotions
    asked: dict[str, Callable[[], Any]] = {
        "models": lambda: models.list(retired=True),
        "names": models.names,
        "search": lambda: versions.search("").versions,
        "tagged": lambda: versions.search("tag.team:risk sort:-metrics.auc").versions,
        "staged": lambda: versions.search("stage:production").versions,
        "words": lambda: versions.search("one").versions,
        "serving": promotions.serving,
        "entries": registry.audit.entries,
        "stages": lambda: registry.audit.entries(event="stage.*"),
        "head": registry.audit.head,
        "compared": lambda: registry.comparisons.compare(["a/one:1", "a/one:2"]),
    }
    for name in ("a/one", "b/one", "two"):
        asked |= {
            f"get {name}": partial(models.get, name),
            f"list {name}": partial(versions.list, name),
            f"aliases {name}": partial(versions.aliases, name),
            f"history {name}": partial(promotions.history, name),
        }
    for reference in REFERENCES:
        asked |= {
            f"get {reference}": partial(versions.get, reference),
            f"detail {reference}": partial(versions.detail, reference),
            f"resolve {reference}": partial(promotions.resolve, reference),
            f"sticky {reference}": partial(promotions.resolve, reference, key="k"),
            f"lineage {reference}": partial(registry.lineage.of, reference),
        }
    return {name: answer(question) for name, question in asked.items()}


def steps(registry: Registry, folder: Path) -> list[Callable[[], object]]:
    """Return a story in which everything changes that can."""
    models, versions, promotions = registry.models, registry.versions, registry.promotions

    def file(seed: int) -> Path:
        return model_file(folder, seed)

    return [
        lambda: versions.register("a/one", file(1), metrics={"auc": 0.8}, tags={"team": "risk"}),
        lambda: versions.register("a/one", file(2), base="a/one:1", metrics={"auc": 0.9}),
        lambda: versions.alias("a/one:1", "best"),
        lambda: promotions.promote("a/one:1", "production", reason="go"),
        lambda: versions.register("two", file(3), base="a/one:1"),
        lambda: versions.tag("a/one:2", set={"team": "risk"}, unset=()),
        lambda: versions.amend("a/one:2", metrics={"auc": 0.7}, datasets=[Dataset("d")]),
        lambda: promotions.promote("a/one:2", "production", weight=20, reason="A/B"),
        lambda: versions.alias("a/one:2", "best"),
        lambda: models.describe("a/one", description="d", owner="ravi"),
        lambda: promotions.promote("a/one:2", "production", reason="won"),
        lambda: versions.yank("a/one:1", reason="old"),
        lambda: models.rename("a/one", "b/one"),
        lambda: versions.amend("two:1", base="b/one:2"),
        lambda: versions.restore("b/one:1", reason="fine"),
        lambda: promotions.rollback("b/one", "production", reason="errors"),
        lambda: versions.unalias("b/one", "best"),
        lambda: versions.tag("b/one:1", unset=["team"]),
        lambda: models.retire("two", reason="done"),
        lambda: versions.archive("two:1", reason="done"),
        lambda: models.rename("b/one", "a/one"),
    ]


class TestEveryMoment:
    def test_every_question_is_answered_as_it_was_then(
        self, registry: Registry, tmp_path: Path
    ) -> None:
        """What was remembered after every step is what the past says at the end."""
        remembered = {}
        for step in steps(registry, tmp_path / "files"):
            step()
            remembered[registry.audit.head()[0]] = everything(registry)
        for seq, then in remembered.items():
            now = everything(registry.at(seq))
            for question, was in then.items():
                if not question.startswith("resolve") or isinstance(was, str):
                    assert now[question] == was, f"{question} as of {seq}"
        assert len(remembered) == 21

    def test_questions_in_any_order_agree(self, registry: Registry, tmp_path: Path) -> None:
        """A question about one model replays only that; the answer is that of the whole replay."""
        for step in steps(registry, tmp_path / "files"):
            step()
        for seq in (8, 14, 20, registry.audit.head()[0] - 3):
            narrow, wide = registry.at(seq), registry.at(seq)
            wide.models.list()
            for reference in REFERENCES:
                for ask in ("get", "detail"):
                    one = answer(partial(getattr(narrow.versions, ask), reference))
                    other = answer(partial(getattr(wide.versions, ask), reference))
                    assert one == other, f"{ask} {reference} as of {seq}"

    def test_a_freed_version_is_freed_from_then_on(
        self, registry: Registry, make_model_file: MakeModelFile
    ) -> None:
        """And was not before; the entry belongs to the history of its model."""
        registry.versions.register("one", make_model_file(seed=1))
        registry.versions.register("two", make_model_file(seed=2))
        registry.versions.yank("one:1", reason="bad")
        before = registry.audit.head()[0]
        registry.upkeep.gc(registry.upkeep.gc_plan(0))
        after = registry.audit.head()[0]
        assert after == before + 1
        for seq, freed in ((before, False), (after, True)):
            assert registry.at(seq).versions.get("one:1").freed is freed
            past = registry.at(seq)
            past.models.list()
            assert past.versions.get("one:1").freed is freed
            assert registry.at(seq).versions.get("two:1").freed is False
        assert registry.audit.entries(model="one", limit=1)[0].event == "bytes.freed"
        assert registry.models.get("one").changed_at == registry.audit.get(after).at
        assert registry.audit.entries(model="two", limit=1)[0].event == "version.registered"

    def test_a_base_of_then_is_found_in_another_model(
        self, registry: Registry, make_model_file: MakeModelFile
    ) -> None:
        """Though the version is made from something else by now, and both ways round."""
        for seed, name in enumerate(("child", "first", "second"), start=1):
            registry.versions.register(name, make_model_file(seed=seed))
        registry.versions.amend("child:1", base="first:1")
        then = registry.audit.head()[0]
        registry.versions.amend("child:1", base="second:1")
        assert registry.at(then).versions.detail("child:1").base == "first:v1"
        assert registry.at(then).versions.detail("first:1").derived == ("child:v1",)
        assert registry.at(then).versions.detail("second:1").derived == ()
        assert registry.versions.detail("first:1").derived == ()


class TestMoments:
    @pytest.fixture
    def told(self, registry: Registry, make_model_file: MakeModelFile) -> Registry:
        """Register a model and promote it."""
        registry.versions.register("churn", make_model_file())
        registry.promotions.promote("churn:1", "staging", reason="r")
        return registry

    def test_a_time_is_the_last_entry_at_or_before_it(self, told: Registry) -> None:
        """To the microsecond, in any zone."""
        third = told.audit.get(3).at
        east = timezone(timedelta(hours=9))
        for moment, head in (
            (third, 3),
            (third - timedelta(microseconds=1), 2),
            (third.astimezone(east), 3),
            (third.replace(tzinfo=None), 3),
            (datetime.max.replace(tzinfo=UTC), told.audit.head()[0]),
        ):
            assert told.at(moment).audit.head()[0] == head

    @pytest.mark.parametrize(
        "moment",
        [
            START - timedelta(seconds=1),
            datetime.min,  # noqa: DTZ901 - on purpose
            datetime.min.replace(tzinfo=timezone(timedelta(hours=14))),
            0,
            -1,
            99,
            2**70,
        ],
    )
    def test_a_moment_that_never_was(self, told: Registry, moment: datetime | int) -> None:
        """Before the registry, or after its last entry."""
        with pytest.raises(NotFound):
            told.at(moment)

    def test_a_clock_that_was_set_back(
        self, tmp_path: Path, make_model_file: MakeModelFile
    ) -> None:
        """What came before an entry counts, though its clock said a later time."""
        hours = iter((9, 10, 10, 14, 11, 15))
        with create_registry(
            tmp_path / "r", actor="ana", clock=lambda: START + timedelta(hours=next(hours))
        ) as registry:
            registry.versions.register("churn", make_model_file())
            registry.versions.alias("churn:1", "at-14")
            registry.versions.alias("churn:1", "at-11")
            registry.versions.alias("churn:1", "at-15")
            for hour, aliases in ((10, set()), (12, {"at-14", "at-11"})):
                past = registry.at(START + timedelta(hours=hour))
                assert set(past.versions.aliases("churn")) == aliases

    def test_the_past_says_which_moment_it_is(self, told: Registry) -> None:
        """The present has none."""
        assert (told.moment, told.at(2).moment, told.at(told.audit.get(2).at).moment) == (
            None,
            2,
            2,
        )

    def test_the_last_entry_is_the_present(self, told: Registry) -> None:
        """As long as nothing else happens; then it stays what it was."""
        past = told.at(told.audit.head()[0])
        assert past.models.list() == told.models.list()
        told.models.retire("churn", reason="r")
        assert not past.models.get("churn").retired
        assert past.audit.entries(event="model.retired") == ()

    def test_entries_of_then(self, told: Registry) -> None:
        """The log of the past ends there, for every filter and for single entries."""
        past = told.at(3)
        assert [e.seq for e in past.audit.entries()] == [3, 2, 1]
        assert [e.seq for e in past.audit.entries(model="churn", after=99)] == [3, 2]
        assert [e.seq for e in past.audit.entries(after=3)] == [2, 1]
        assert past.audit.get(3) == told.audit.get(3)
        with pytest.raises(NotFound):
            past.audit.get(4)

    def test_the_past_of_the_past(self, told: Registry) -> None:
        """One may go on from there."""
        assert told.at(4).at(2).audit.head()[0] == 2

    def test_closing_the_past_leaves_the_present_open(self, told: Registry) -> None:
        """And it can be used again itself."""
        with told.at(3) as past:
            past.models.list()
        assert told.models.get("churn").latest == 1
        assert past.models.get("churn").stages == {}


class TestReadOnly:
    def test_every_change_is_refused(
        self, registry: Registry, make_model_file: MakeModelFile
    ) -> None:
        """With the moment in the sentence; nothing is written, not even the policy."""
        for seed in (1, 2):
            registry.versions.register("churn", make_model_file(seed=seed), tags={"a": "b"})
            registry.promotions.promote(f"churn:{seed}", "production", reason="r")
        registry.versions.alias("churn:1", "best")
        registry.versions.yank("churn:1", reason="r")
        (registry.path / "modelshelf.toml").write_text('[stages.staging]\nholders = "many"\n')
        head = registry.audit.head()
        past = registry.at(head[0])
        models, versions, promotions = past.models, past.versions, past.promotions
        file = make_model_file(seed=3)
        changes: tuple[Callable[[], object], ...] = (
            lambda: models.describe("churn", owner="x"),
            lambda: models.tag("churn", set={"a": "b"}),
            lambda: models.rename("churn", "other"),
            lambda: models.retire("churn", reason="r"),
            lambda: models.restore("churn", reason="r"),
            lambda: versions.register("churn", file),
            lambda: versions.register_many([]),
            lambda: versions.amend("churn:1", tags={"a": "c"}),
            lambda: versions.tag("churn:1", unset=["a"]),
            lambda: versions.alias("churn:2", "best"),
            lambda: versions.unalias("churn", "best"),
            lambda: versions.yank("churn:2", reason="r"),
            lambda: versions.archive("churn:1", reason="r"),
            lambda: versions.restore("churn:1", reason="r"),
            lambda: promotions.promote("churn:2", "staging", reason="r"),
            lambda: past.upkeep.gc(registry.upkeep.gc_plan(0)),
            past.upkeep.rebuild,
            past.intake.sweep,
        )
        for number, change in enumerate(changes):
            with pytest.raises(Refused, match="the past"):
                change()
            assert registry.audit.head() == head, number
        assert len(list(registry._context.blobs.digests())) == 2, "not even bytes were taken in"

    def test_a_rollback_is_refused_in_the_past(
        self, registry: Registry, make_model_file: MakeModelFile
    ) -> None:
        """Though there is something to return to."""
        for seed in (1, 2):
            registry.versions.register("churn", make_model_file(seed=seed))
            registry.promotions.promote(f"churn:{seed}", "production", reason="r")
        past = registry.at(registry.audit.head()[0])
        assert past.promotions.plan_rollback("churn", "production").returns_to.holders
        with pytest.raises(Refused, match="the past cannot be changed"):
            past.promotions.rollback("churn", "production", reason="r")

    def test_bytes_of_then_can_be_checked_out(
        self, registry: Registry, make_model_file: MakeModelFile, tmp_path: Path
    ) -> None:
        """What held the stage at that time comes out."""
        first = make_model_file(seed=1).read_bytes()
        for seed in (1, 2):
            registry.versions.register("churn", make_model_file(seed=seed))
            registry.promotions.promote(f"churn:{seed}", "production", reason="r")
        then = registry.promotions.history("churn")[1].id
        out = registry.at(then).versions.checkout("churn@production", tmp_path / "out")
        assert out.read_bytes() == first
