"""Rollbacks: back to what was, as often as one likes, and never to what must not be used."""

from __future__ import annotations

import pytest

from modelshelf.domain.errors import Conflict, Corrupt, NotFound, Refused
from modelshelf.registry import Registry
from tests.registry.conftest import NewFile


@pytest.fixture
def shelf(registry: Registry, new_file: NewFile) -> Registry:
    """Return a registry where production went from v1 to v1 and v2 to v3."""
    for _ in range(4):
        registry.versions.register("churn", new_file())
    promote = registry.promotions.promote
    promote("churn:1", "production", reason="first")
    promote("churn:2", "production", weight=20, reason="test")
    promote("churn:3", "production", reason="winner")
    return registry


def held(shelf: Registry) -> list[tuple[str, int]]:
    """Return who holds production."""
    holders = shelf.models.get("churn").stages["production"]
    return [(h.reference[-2:], h.weight) for h in holders]


def back(shelf: Registry, to: int | None = None) -> list[tuple[str, int]]:
    """Roll back and return who holds production then."""
    shelf.promotions.rollback("churn", "production", reason="errors up", to=to)
    return held(shelf)


def test_a_rollback_gives_the_stage_back_weights_and_all(shelf: Registry) -> None:
    """The split of before serves again; who lost the stage is put away, who got it comes out."""
    assert back(shelf) == [("v1", 80), ("v2", 20)]
    assert shelf.versions.get("churn:3").archived
    assert not shelf.versions.get("churn:1").archived
    entry = shelf.audit.entries(limit=1)[0]
    assert entry.event == "stage.rolled_back"
    assert entry.sentence == "rolled production of churn back to v1 80 %, v2 20 %: “errors up”"


def test_rolling_back_again_goes_back_further_until_there_is_nothing(shelf: Registry) -> None:
    """Twice back is two steps back, not there and back again."""
    assert back(shelf) == [("v1", 80), ("v2", 20)]
    assert back(shelf) == [("v1", 100)]
    with pytest.raises(NotFound, match="nothing came before"):
        back(shelf)
    assert held(shelf) == [("v1", 100)]


def test_nobody_is_rolled_back_who_was_not_seen(shelf: Registry) -> None:
    """A rollback decided over one holder is not done over another."""
    seen = shelf.promotions.plan_rollback("churn", "production").holders_now
    shelf.promotions.promote("churn:4", "production", reason="emergency")
    with pytest.raises(Conflict, match="it is held by v4 now"):
        shelf.promotions.rollback("churn", "production", reason="errors up", seen=seen)
    assert held(shelf) == [("v4", 100)]
    now = shelf.promotions.plan_rollback("churn", "production").holders_now
    shelf.promotions.rollback("churn", "production", reason="errors up", seen=now)
    assert held(shelf) == [("v3", 100)]


def test_a_promotion_after_a_rollback_is_a_step_of_its_own(shelf: Registry) -> None:
    """After a rollback and a promotion, the next rollback returns to the rolled-back state."""
    back(shelf)
    shelf.promotions.promote("churn:4", "production", reason="next")
    assert back(shelf) == [("v1", 80), ("v2", 20)]
    assert back(shelf) == [("v1", 100)]


def test_a_rollback_may_name_where_to(shelf: Registry) -> None:
    """Any earlier assignment of the stage can be returned to, and no other."""
    first = shelf.promotions.history("churn", "production")[-1]
    present = shelf.promotions.history("churn", "production")[0]
    assert back(shelf, to=first.id) == [("v1", 100)]
    for wrong in (present.id + 1, 1, 0, 999):
        with pytest.raises(NotFound, match="no earlier assignment"):
            back(shelf, to=wrong)
    assert back(shelf, to=present.id) == [("v3", 100)]


def test_a_plan_says_what_a_rollback_then_does(shelf: Registry) -> None:
    """Planning changes nothing and tells who comes, who goes and to what it returns."""
    head = shelf.audit.head()
    plan = shelf.promotions.plan_rollback("churn", "production")
    assert shelf.audit.head() == head
    assert [h.reference for h in plan.returns_to.holders] == ["churn:v1", "churn:v2"]
    assert plan.archived == ("churn:v3",)
    assert set(plan.unarchived) == {"churn:v1", "churn:v2"}
    made = shelf.promotions.rollback("churn", "production", reason="r")
    assert made.holders == plan.returns_to.holders
    assert made.restores == plan.returns_to.id


def test_a_yanked_version_does_not_take_over_again(shelf: Registry) -> None:
    """A rollback to what must not be used is refused; another target may be named."""
    shelf.versions.yank("churn:2", reason="wrong data")
    head = shelf.audit.head()
    with pytest.raises(Refused, match="yanked: wrong data"):
        back(shelf)
    assert shelf.audit.head() == head
    first = shelf.promotions.history("churn", "production")[-1]
    assert back(shelf, to=first.id) == [("v1", 100)]


def test_a_version_yanked_while_its_bytes_are_read_does_not_take_over(
    shelf: Registry, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is decided before the lock is looked at again under it."""
    from modelshelf.registry import contents

    real = contents.check_bytes

    def slowly(context: object, version: object) -> None:
        real(context, version)  # type: ignore[arg-type]
        if shelf.versions.get("churn:2").yanked is None:
            shelf.versions.yank("churn:2", reason="meanwhile")

    monkeypatch.setattr(contents, "check_bytes", slowly)
    with pytest.raises(Refused, match="meanwhile"):
        back(shelf)
    assert held(shelf) == [("v3", 100)]


def test_damaged_bytes_do_not_take_over_again(shelf: Registry) -> None:
    """The bytes are verified first, and the stage stays where it is."""
    digest = shelf.versions.get("churn:2").digest
    path = shelf._context.blobs.path(digest)
    path.chmod(0o644)
    path.write_bytes(path.read_bytes()[:-1] + b"x")
    with pytest.raises(Corrupt):
        back(shelf)
    assert held(shelf) == [("v3", 100)]


def test_gates_are_not_asked_again(shelf: Registry) -> None:
    """A stage that is for one now still goes back to the split it had."""
    (shelf.path / "modelshelf.toml").write_text('[stages.production]\nholders = "one"\n', "utf-8")
    from modelshelf.registry import open_registry

    with open_registry(shelf.path, actor="ana") as again:
        again.promotions.rollback("churn", "production", reason="r")
        assert held(again) == [("v1", 80), ("v2", 20)]


def test_nothing_to_roll_back_is_a_sentence(shelf: Registry) -> None:
    """A stage that nobody held, or that only one ever held, has nothing before it."""
    with pytest.raises(NotFound, match="nobody has held"):
        shelf.promotions.rollback("churn", "staging", reason="r")
    shelf.promotions.promote("churn:4", "staging", reason="r")
    with pytest.raises(NotFound, match="nothing came before"):
        shelf.promotions.rollback("churn", "staging", reason="r")
