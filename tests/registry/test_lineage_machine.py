"""Random histories of links: after every step the graph is what a plain dictionary says."""

from __future__ import annotations

import tempfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from modelshelf.domain.errors import Conflict, Invalid, NotFound, Refused
from modelshelf.domain.lineage import would_cycle
from modelshelf.domain.provenance import Dataset
from modelshelf.registry import create_registry
from tests.furnished import model_file, ticking
from tests.registry.linked import Edge, edges, head, said

Key = tuple[Any, ...]
VERSIONS = ("v1", "v2", "v3", "v4")
_WORDS = {"v1": "one:v1", "v2": "one:v2", "v3": "two:v1", "v4": "two:v2"}
_THINGS = ("dataset:a", "dataset:b", "outside:hf:o/m", "run:r", "consumer:c")
_LINKS = (
    *((c, "derived_from", p) for c in VERSIONS for p in VERSIONS),
    *((v, "trained_on", d) for v in VERSIONS[:3] for d in _THINGS[:2]),
    *((d, "produced_by", v) for v in VERSIONS[2:] for d in _THINGS[:2]),
    ("dataset:a", "derived_from", "dataset:b"),
    ("dataset:b", "derived_from", "dataset:a"),
    ("v1", "produced_by", "run:r"),
    ("v2", "consumed_by", "consumer:c"),
)
_FIELDS: dict[str, tuple[Any, ...]] = {
    "datasets": (("dataset:a",), ("dataset:b",), ("dataset:a", "dataset:b")),
    "base": ("v1", "v2", "v3", "v4"),
    "bases": (("v3",), ("v4", "outside:hf:o/m"), ("v3", "v4")),
}


@dataclass
class Made:
    """One change: what it was about, what was there and what is."""

    seq: int
    key: Key
    was: Any
    new: Any
    undone_by: list[Made] = field(default_factory=list)

    @property
    def counts(self) -> bool:
        """Whether no undo of it stands."""
        return not any(each.counts for each in self.undone_by)


def words_of(thing: str) -> str:
    """Return how a caller writes a thing."""
    return _WORDS.get(thing, thing.removeprefix("outside:"))


def told_by(flat: dict[Key, Any]) -> set[Edge]:
    """Return the edges that a dictionary of links and fields comes to."""
    found: set[Edge] = set()
    for (what, *rest), value in flat.items():
        if not value:
            continue
        if what == "link":
            subject, kind, target = rest
            ends = (target, subject) if kind == "consumed_by" else (subject, target)
            found.add((ends[0], kind, ends[1], "hand"))
        elif what == "base":
            found.add((rest[0], "derived_from", value, "told"))
        else:
            kind = "trained_on" if what == "datasets" else "derived_from"
            found |= {(rest[0], kind, parent, "told") for parent in value}
    return found


def has_circle(flat: dict[Key, Any]) -> bool:
    """Whether anything comes from itself."""
    pairs = {(parent, child) for child, _kind, parent, _origin in told_by(flat)}
    return any(would_cycle(pairs - {pair}, pair[1], pair[0]) for pair in pairs)


class Linking(RuleBasedStateMachine):
    """Two models of two versions, links and details, and a dictionary that says what there is."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = tempfile.TemporaryDirectory()
        root = Path(self.folder.name)
        self.registry = create_registry(root / "registry", actor="ana", clock=ticking())
        for n, model in enumerate(("one", "one", "two", "two")):
            self.registry.versions.register(model, model_file(root / "files", n))
        self.registry.lineage.link("one:v1", "trained_on", "dataset:a")  # so that both are known
        self.registry.lineage.link("one:v1", "trained_on", "dataset:b")
        self.flat: dict[Key, Any] = {
            ("link", "v1", "trained_on", "dataset:a"): True,
            ("link", "v1", "trained_on", "dataset:b"): True,
        }
        self.changes: list[Made] = []
        self.then: dict[int, set[Edge]] = {}

    def changed(self, seq: int, key: Key, value: Any, undoes: Made | None = None) -> None:  # noqa: ANN401
        """Note a change."""
        made = Made(seq, key, self.flat.get(key), value)
        self.flat[key] = value
        self.changes.append(made)
        if undoes is not None:
            undoes.undone_by.append(made)
        self.then[seq] = told_by(self.flat)

    @rule(edge=st.sampled_from(_LINKS))
    def link(self, edge: tuple[str, str, str]) -> None:
        """Add an edge, or be refused as the dictionary says."""
        words = (words_of(edge[0]), edge[1], words_of(edge[2]))
        key: Key = ("link", *edge)
        named = {e[:3] for e in told_by(self.flat)}
        if named & {e[:3] for e in told_by({key: True})}:
            with pytest.raises(Conflict):
                self.registry.lineage.link(*words)
        elif edge[0] == edge[2] or has_circle({**self.flat, key: True}):
            with pytest.raises(Invalid):
                self.registry.lineage.link(*words)
        else:
            self.changed(self.registry.lineage.link(*words), key, True)  # noqa: FBT003

    @rule(edge=st.sampled_from(_LINKS))
    def unlink(self, edge: tuple[str, str, str]) -> None:
        """Take an edge away, if somebody added it."""
        words = (words_of(edge[0]), edge[1], words_of(edge[2]))
        key: Key = ("link", *edge)
        told = {e[:3] for e in told_by(self.flat) if e[3] == "told"}
        if self.flat.get(key):
            seq = self.registry.lineage.unlink(*words, reason="r")
            self.changed(seq, key, False)  # noqa: FBT003
            return
        with pytest.raises(Refused if edge in told else NotFound):
            self.registry.lineage.unlink(*words, reason="r")

    @rule(version=st.sampled_from(VERSIONS), what=st.sampled_from(sorted(_FIELDS)), data=st.data())
    def amend(self, version: str, what: str, data: st.DataObject) -> None:
        """Tell data sets, a base or several of a version."""
        value = data.draw(st.sampled_from(_FIELDS[what]))
        key = (what, version)
        given: Any = words_of(value) if what == "base" else [words_of(each) for each in value]
        if what == "datasets":
            given = [Dataset(each.removeprefix("dataset:")) for each in given]
        if version in value or version == value or has_circle({**self.flat, key: value}):
            with pytest.raises(Invalid):
                self.registry.versions.amend(words_of(version), **{what: given})
            return
        self.registry.versions.amend(words_of(version), **{what: given})
        self.changed(head(self.registry), key, value)

    @precondition(lambda self: self.changes)
    @rule(which=st.integers(0, 60))
    def undo(self, which: int) -> None:
        """Take a change back, or be refused as the dictionary says."""
        change = self.changes[-1 - which % len(self.changes)]
        there = self.flat.get(change.key)
        after = {**self.flat, change.key: change.was}
        may = (
            change.counts
            and (change.was or None) != (change.new or None)  # what is gone and what never was
            and (there or None) == (change.new or None)
            and not has_circle(after)
        )
        if not may:
            said(self.registry, change.seq)
            return
        (made,) = self.registry.undo.take_back(change.seq)
        self.changed(made.seq, change.key, change.was, change)

    @rule()
    def reject(self) -> None:
        """A rejection is no edge and is never taken back."""
        number = head(self.registry)
        self.registry.versions.tag("two:v2", set={"run_id": f"run{number}"})
        seq = self.registry.lineage.reject("two:v2", "produced_by", f"run:run{number}")
        said(self.registry, seq)

    @invariant()
    def it_is_what_it_should_be(self) -> None:
        """The graph is what the dictionary says, and nothing came from itself."""
        assert edges(self.registry) == told_by(self.flat)
        assert not has_circle(self.flat)

    def teardown(self) -> None:
        """Prove the log, rebuild, and look at moments of the past."""
        try:
            self._prove()
        finally:
            self.registry.close()
            self.folder.cleanup()

    def _prove(self) -> None:
        assert self.registry.audit.verify().problems == ()
        self.registry.upkeep.rebuild()
        assert edges(self.registry) == told_by(self.flat)
        for seq in list(self.then)[:: max(1, len(self.then) // 4)]:
            with self.registry.at(seq) as then:
                assert edges(then) == self.then[seq]


Linking.TestCase.settings = settings(
    max_examples=12,
    stateful_step_count=25,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
)
TestLinking = Linking.TestCase
