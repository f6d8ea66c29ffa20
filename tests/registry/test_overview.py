"""The overview: what a dashboard shows of a whole registry, held against plain dictionaries."""

from __future__ import annotations

import json
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from modelshelf.catalog import ledger
from modelshelf.catalog.ledger import Remembered
from modelshelf.domain.errors import ModelshelfError, Refused
from modelshelf.domain.intake import Seen, Sighting, State
from modelshelf.domain.overview import Overview
from modelshelf.domain.stages import split_with
from modelshelf.registry import Registry, create_registry, open_registry
from tests.furnished import model_file

START = datetime(2026, 3, 1, tzinfo=UTC)
DAY = timedelta(days=1)


class SetClock:
    """A clock that shows what it was set to."""

    def __init__(self) -> None:
        """Show the beginning."""
        self.moment = START

    def __call__(self) -> datetime:
        """Return what it shows."""
        return self.moment


@pytest.fixture
def clock() -> SetClock:
    """Return a clock that stands still until it is set."""
    return SetClock()


# --- against plain dictionaries -------------------------------------------------------------------


@dataclass
class Plain:
    """One model as a dictionary would have it."""

    touched: datetime
    made: list[datetime] = field(default_factory=list)
    holders: dict[int, int] = field(default_factory=dict)
    since: dict[int, datetime] = field(default_factory=dict)
    retired: bool = False


Step = tuple[str, int, int, int]
steps: st.SearchStrategy[list[Step]] = st.lists(
    st.tuples(
        st.sampled_from(("register", "register", "give", "give", "share", "retire", "describe")),
        st.integers(0, 3),
        st.integers(0, 3),
        st.integers(0, 40),
    ),
    max_size=12,
)


class Told:
    """A registry and the dictionaries, told the same."""

    def __init__(self, registry: Registry, clock: SetClock, files: Path) -> None:
        """Begin with nothing."""
        self.registry, self.clock, self.files = registry, clock, files
        self.models: dict[str, Plain] = {}
        self.seed = 0

    def take(self, step: Step) -> None:
        """Do one thing to both, some days later; what cannot be done changes neither."""
        what, which, number, days = step
        self.clock.moment += days * DAY + timedelta(seconds=1)
        name = f"team/m{which}"
        model = self.models.get(name)
        if what == "register":
            self._register(name, model)
        elif model is not None and not model.retired:
            getattr(self, f"_{what}")(name, model, 1 + number % len(model.made))

    def _register(self, name: str, model: Plain | None) -> None:
        if model is not None and model.retired:
            return
        self.seed += 1
        self.registry.versions.register(name, model_file(self.files, self.seed))
        model = self.models.setdefault(name, Plain(self.clock.moment))
        model.made.append(self.clock.moment)
        model.touched = self.clock.moment

    def _give(self, name: str, model: Plain, number: int, weight: int | None = None) -> None:
        after = split_with(tuple(model.holders.items()), number, weight or 100)
        if after == model.holders:  # which is refused
            return
        self.registry.promotions.promote(
            f"{name}:{number}", "production", weight=weight, reason="x"
        )
        now = self.clock.moment
        model.since = {n: model.since.get(n, now) for n in after}
        model.holders, model.touched = after, now

    def _share(self, name: str, model: Plain, number: int) -> None:
        if model.holders and set(model.holders) != {number}:
            self._give(name, model, number, 30)

    def _retire(self, name: str, model: Plain, _number: int) -> None:
        try:
            self.registry.models.retire(name, reason="over")
        except ModelshelfError:  # one that serves cannot be retired
            assert model.holders
            return
        model.retired, model.touched = True, self.clock.moment

    def _describe(self, name: str, model: Plain, number: int) -> None:
        self.registry.models.describe(name, description=f"{number} {self.clock.moment}")
        model.touched = self.clock.moment

    def expected(self) -> dict[str, Any]:
        """Return what the dictionaries say."""
        now = self.clock.moment
        used = {name: m for name, m in self.models.items() if not m.retired}
        made = [at for m in self.models.values() for at in m.made]
        edges = [now - day * DAY for day in range(30, -1, -1)]
        edges[-1] += timedelta(microseconds=1)
        resting = {name for name, m in used.items() if m.touched < now - 90 * DAY}
        return {
            "serving": {
                name: {n: (w, m.since[n]) for n, w in m.holders.items()}
                for name, m in self.models.items()
                if m.holders
            },
            "idle": sorted(name for name, m in used.items() if not m.holders),
            "untouched": sorted(resting, key=lambda name: (used[name].touched, name)),
            "models": len(used),
            "versions": len(made),
            "days": tuple(sum(low <= at < high for at in made) for low, high in pairwise(edges)),
        }


def shown(found: Overview) -> dict[str, Any]:
    """Return the same of an overview."""
    assert found.serving_total == len(found.serving)
    assert (found.idle_total, found.untouched_total) == (len(found.idle), len(found.untouched))
    return {
        "serving": {
            one.model: {h.version.number: (h.weight, h.since) for h in one.holders}
            for one in found.serving
        },
        "idle": [one.name for one in found.idle],
        "untouched": [one.name for one in found.untouched],
        "models": found.models,
        "versions": found.versions,
        "days": found.days,
    }


@settings(max_examples=12, suppress_health_check=[HealthCheck.too_slow])
@given(steps)
def test_it_says_what_dictionaries_say_now_and_of_every_moment(history: Sequence[Step]) -> None:
    """Whatever happened, who serves, rests and was registered is counted right, then too."""
    clock = SetClock()
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder)
        with create_registry(place / "r", actor="ana", clock=clock) as registry:
            told = Told(registry, clock, place)
            for step in history:
                told.take(step)
            found = registry.overview.glance()
            assert shown(found) == told.expected()
            head = registry.audit.head()[0]
            past = registry.at(head).overview.glance()
            assert past.serving == found.serving
            assert (past.idle, past.models, past.versions) == (
                found.idle, found.models, found.versions,
            )  # fmt: skip
            assert past.lately == found.lately


# --- its ends -------------------------------------------------------------------------------------


@pytest.fixture
def shelf(registry: Registry, tmp_path: Path) -> Registry:
    """Return a registry with five models; three hold production."""
    for number in range(5):
        registry.versions.register(f"m{number}", model_file(tmp_path, number))
    for number in (3, 0, 1):
        registry.promotions.promote(f"m{number}:1", "production", reason="go")
    return registry


def test_a_list_ends_where_it_is_told_to_and_the_counts_stay_exact(shelf: Registry) -> None:
    """The newest assignments come first, and what is left out is counted still."""
    found = shelf.overview.glance(limit=2)
    assert [one.model for one in found.serving] == ["m1", "m0"]
    assert (found.serving_total, found.models, found.versions) == (3, 5, 5)
    assert [one.name for one in found.idle] == ["m2", "m4"]
    assert [len(found.lately), found.lately[0].event] == [2, "stage.assigned"]
    none = shelf.overview.glance(limit=0)
    assert (none.serving, none.idle, none.lately, none.serving_total) == ((), (), (), 3)


def test_a_hold_that_was_broken_begins_anew(
    shelf: Registry, clock: SetClock, tmp_path: Path
) -> None:
    """Since when a version serves is counted from its return, not from its first time."""
    shelf.versions.register("m0", model_file(tmp_path, 9))
    for days, reference in ((1, "m0:2"), (2, "m0:1"), (3, "m0:1")):
        clock.moment = START + days * DAY
        if days == 3:
            shelf.promotions.promote("m0:2", "production", weight=10, reason="test")
        else:
            shelf.promotions.promote(reference, "production", reason="go")
    (serving,) = (one for one in shelf.overview.glance().serving if one.model == "m0")
    assert {h.version.number: (h.weight, h.since) for h in serving.holders} == {
        1: (90, START + 2 * DAY),
        2: (10, START + 3 * DAY),
    }
    assert (serving.at, serving.actor) == (START + 3 * DAY, "ana")


def test_bytes_that_versions_share_are_counted_once(registry: Registry, tmp_path: Path) -> None:
    """What is stored, what sharing saves and what lies elsewhere add up to all there is."""
    file = model_file(tmp_path, 1)
    size = file.stat().st_size
    assert registry.overview.stored().stored == 0
    registry.versions.register("a", file)
    registry.versions.register("b", file)
    registry.versions.register("c", model_file(tmp_path, 2))
    found = registry.overview.stored()
    assert (found.stored, found.shared, found.in_place) == (2 * size, size, 0)
    kept = sum(f.stat().st_size for f in (registry.path / "blobs").rglob("*") if f.is_file())
    assert found.stored == kept
    assert found.seq == registry.audit.head()[0]
    assert registry.overview.stored() is found
    registry.versions.register("d", model_file(tmp_path, 3), in_place=True)
    after = registry.overview.stored()
    assert (after.stored, after.in_place) == (2 * size, size)


# --- what is of the present only ------------------------------------------------------------------


def put(registry: Registry, path: str, state: State, reference: str = "") -> None:
    """Write a line of the ledger as the intake would."""
    seen = Sighting(path, state, at=START, size=1, reason="", reference=reference)
    with registry._context.write("look into the drop folders") as transaction:
        ledger.put(transaction, [Remembered(seen, Seen(False, 1, 0, 0, 0, 0))])  # noqa: FBT003


def test_a_folder_counts_its_own_lines_only(registry: Registry) -> None:
    """A folder whose name begins like another's is another; what is taken in counts nowhere."""
    put(registry, "inbox/a/x.onnx", "waiting")
    put(registry, "inbox/a/y.onnx", "refused")
    put(registry, "inbox/a/z.onnx", "refused", "quarantine:7")  # held no more: it never was
    put(registry, "inbox/a/t.onnx", "taken", "a:v1")
    put(registry, "inbox-2/x.onnx", "waiting")
    put(registry, "inbox", "waiting")
    (folder,) = registry.overview.folders()
    assert (folder.path, folder.keep) == ("inbox", "move")
    assert (folder.waiting, folder.refused, folder.quarantined) == (1, 2, 0)


def test_the_past_has_no_inbox_and_no_hooks(shelf: Registry) -> None:
    """What is kept for the present only is refused with a sentence, not answered with nothing."""
    past = shelf.at(3)
    for question in (past.overview.folders, past.overview.hooks):
        with pytest.raises(Refused, match="at the present"):
            question()
    assert past.overview.glance().versions < shelf.overview.glance().versions


def test_a_hook_that_fails_is_named(registry: Registry, tmp_path: Path) -> None:
    """A delivery that is tried again makes its hook fail; one that is only new does not."""
    run = json.dumps([sys.executable, "-c", "raise SystemExit(3)"])
    hooks = f'[[hooks]]\nname = "bad"\non = ["*"]\nrun = {run}\n'
    hooks += f'[[hooks]]\nname = "idle"\non = ["alias.*"]\nrun = {run}\n'
    (registry.path / "modelshelf.toml").write_text(hooks, "utf-8")
    with open_registry(registry.path, actor="ana", clock=registry._context.clock) as opened:
        opened.hooks.deliver()  # from here on they are told
        opened.versions.register("m", model_file(tmp_path, 1))
        assert opened.overview.hooks() == ()
        opened.hooks.deliver()
        (trouble,) = opened.overview.hooks()
        assert (trouble.key, trouble.retrying > 0, trouble.failed) == ("bad", True, 0)
        assert "3" in trouble.said


def test_requests_of_mine_to_answer_come_first(shelf: Registry) -> None:
    """Who may approve sees theirs before others, with gates and approvals that are missing."""
    (shelf.path / "modelshelf.toml").write_text(
        '[stages.production]\napprovals = 1\napprovers = ["ravi"]\n', "utf-8"
    )
    with open_registry(shelf.path, actor="ana", clock=shelf._context.clock) as ana:
        first = ana.requests.open("m2:1", "production", reason="please")
        second = ana.requests.open("m4:1", "production", reason="please")
        seen = ana.overview.requested()
        assert (seen.total, [one.mine for one in seen.first]) == (2, [False, False])
        assert [one.missing for one in seen.first] == [1, 1]
    with open_registry(shelf.path, actor="ravi", clock=shelf._context.clock) as ravi:
        seen = ravi.overview.requested(limit=1)
        assert (seen.total, [one.mine for one in seen.first]) == (2, [True])
        ravi.requests.approve(second.id)
        seen = ravi.overview.requested()
        assert [one.request.id for one in seen.first] == [first.id, second.id]
        assert [(one.mine, one.missing) for one in seen.first] == [(True, 1), (False, 0)]
        past = ravi.at(first.id).overview.requested()
        assert [(one.request.id, one.mine) for one in past.first] == [(first.id, False)]
