"""Scanning stored versions again, and vouching for code, decide what may be promoted."""

from __future__ import annotations

import pickle
from dataclasses import replace
from pathlib import Path

import pytest

import modelshelf.formats
from modelshelf.domain.errors import Conflict, Invalid, Refused
from modelshelf.domain.inspection import Finding, Inspection
from modelshelf.formats import Source
from modelshelf.formats.interface import Surveyed
from modelshelf.registry import Registry
from modelshelf.registry.arrival import arriving
from tests.conftest import MakeModelFile


class Head:
    """A class of somebody's own, as a pickled model names it."""


class Tail:
    """Another one."""


@pytest.fixture
def model(registry: Registry, tmp_path: Path) -> str:
    """Register a pickle that uses a class nobody knows."""
    return pickled(registry, tmp_path / "one.pkl", Head())


def pickled(registry: Registry, file: Path, *objects: object) -> str:
    """Register pickled objects as a version of one model and return its reference."""
    file.write_bytes(pickle.dumps([file.name, *objects]))
    return registry.versions.register("ours", file).version.reference


def test_unknown_code_blocks_promotion_until_exactly_it_is_vouched_for(
    registry: Registry, model: str
) -> None:
    """A refusal names the command; after it the version may be promoted, and the log tells why."""
    assert registry.versions.get(model).unvouched
    with pytest.raises(Refused, match=f"modelshelf vouch {model}"):
        registry.promotions.promote(model, "staging", reason="go")
    assert registry.scans.vouch(model, reason="ours") == (f"{__name__}.Head",)
    registry.promotions.promote(model, "staging", reason="go")
    assert not registry.versions.get(model).unvouched
    assert [e.event for e in registry.audit.entries(limit=2)][1] == "globals.approved"
    assert registry.audit.verify().whole


def test_the_same_list_needs_no_second_word_and_another_does(
    registry: Registry, model: str, tmp_path: Path
) -> None:
    """What was vouched for holds for later versions with that very list, and for no other."""
    registry.scans.vouch(model, reason="ours")
    same = pickled(registry, tmp_path / "two.pkl", Head())
    more = pickled(registry, tmp_path / "three.pkl", Head(), Tail())
    assert not registry.versions.get(same).unvouched
    assert registry.versions.get(more).unvouched
    assert registry.promotions.plan(same, "staging").allowed
    assert not registry.promotions.plan(more, "staging").allowed


def test_stored_code_is_vouched_for_by_its_bytes(
    registry: Registry, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The globals of stored code are the same for any code, so other code needs another word."""
    real = modelshelf.formats.inspect

    def inspect(source: Source) -> Inspection:
        found = real(source)
        code = Finding("pickle.code", "warning", source.name, "functions are stored in it")
        return replace(found, findings=(*found.findings, code))

    monkeypatch.setattr(arriving, "survey", lambda s: Surveyed(inspect(s)))
    one = pickled(registry, tmp_path / "one.pkl", Head())
    other = pickled(registry, tmp_path / "other.pkl", Head())
    names = registry.scans.vouch(one, reason="read it")
    assert f"code stored in sha256:{registry.versions.get(one).digest}" in names
    assert not registry.versions.get(one).unvouched
    assert registry.versions.get(other).unvouched


def test_the_past_knows_nothing_of_a_later_word(registry: Registry, model: str) -> None:
    """As of a moment before it was vouched for, a version is not."""
    before = registry.audit.head()[0]
    registry.scans.vouch(model, reason="ours")
    assert registry.at(before).versions.get(model).unvouched
    with pytest.raises(Refused, match="past"):
        registry.at(before).scans.vouch(model, reason="ours")


def test_vouching_needs_a_reason_and_something_to_vouch_for(
    registry: Registry, model: str, make_model_file: MakeModelFile
) -> None:
    """Without either, and a second time, it is refused with a sentence."""
    with pytest.raises(Invalid, match="reason"):
        registry.scans.vouch(model, reason=" ")
    registry.scans.vouch(model, reason="ours")
    with pytest.raises(Conflict, match="already"):
        registry.scans.vouch(model, reason="ours")
    clean = registry.versions.register("clean", make_model_file()).version.reference
    with pytest.raises(Invalid, match="no globals"):
        registry.scans.vouch(clean, reason="why not")


def test_nobody_vouches_for_a_list_that_is_cut(
    registry: Registry, model: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where more was found than is listed, the list is not exact."""
    seen = registry.versions.detail(model).inspection
    cut = replace(seen, findings=(*seen.findings, Finding("inspection.more", "info", "", "9 more")))
    monkeypatch.setattr(arriving, "survey", lambda _source: Surveyed(cut))
    registry.scans.run([model])
    with pytest.raises(Refused, match="more of them"):
        registry.scans.vouch(model, reason="ours")


class TestScanningAgain:
    @pytest.fixture(autouse=True)
    def stricter(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """Let a scanner be there that finds every pickle dangerous."""
        real = modelshelf.formats.inspect

        def inspect(source: Source) -> Inspection:
            found = replace(real(source), scanner="modelshelf 99")
            if found.format != "pickle":
                return found
            bad = Finding("pickle.new_rule", "dangerous", source.name, "as we know today")
            return replace(found, verdict="dangerous", findings=(*found.findings, bad))

        self.inspect = inspect
        self.patch = monkeypatch

    def arrive(self) -> None:
        """Update the scanner."""
        self.patch.setattr(arriving, "survey", lambda s: Surveyed(self.inspect(s)))
        self.patch.setattr(modelshelf.formats, "scanners", lambda: frozenset({"modelshelf 99"}))

    def test_a_new_scanner_finds_what_an_older_one_let_in(
        self, registry: Registry, model: str, make_model_file: MakeModelFile
    ) -> None:
        """It says which versions would be refused now, and they cannot be promoted any more."""
        registry.scans.vouch(model, reason="ours")
        clean = registry.versions.register("clean", make_model_file()).version.reference
        assert registry.scans.outdated() == ()
        self.arrive()
        assert set(registry.scans.outdated()) == {model, clean}
        tried = registry.scans.run(dry=True)
        assert ([r.reference for r in tried.refused], tried.scanned) == ([model], 2)
        assert len(registry.scans.outdated()) == 2
        done = registry.scans.run()
        assert (done.refused[0].before, done.refused[0].after) == ("warning", "dangerous")
        assert registry.scans.outdated() == ()
        assert registry.versions.get(model).verdict == "dangerous"
        assert registry.versions.detail(clean).inspection.scanner == "modelshelf 99"
        with pytest.raises(Refused, match="dangerous"):
            registry.promotions.promote(model, "staging", reason="go")
        assert registry.audit.verify().whole

    def test_the_past_keeps_the_verdict_of_then(self, registry: Registry, model: str) -> None:
        """A scan of today does not change what was known when somebody decided."""
        before = registry.audit.head()[0]
        self.arrive()
        registry.scans.run()
        assert registry.at(before).versions.get(model).verdict == "warning"

    def test_bytes_that_are_gone_are_told(self, registry: Registry, model: str) -> None:
        """A version that cannot be read is named, and the others are scanned."""
        digest = registry.versions.get(model).digest
        registry._context.blobs.remove(digest)
        self.arrive()
        report = registry.scans.run()
        assert report.scanned == 0
        assert report.unreadable[0].startswith(f"{model}: ")
