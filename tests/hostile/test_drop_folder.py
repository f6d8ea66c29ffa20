"""A whole area dropped at once: each case comes to its end, and the others flow on around it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from modelshelf.domain.intake import escape_path
from modelshelf.domain.text import safe
from tests.doors.calls import Shell
from tests.hostile.case import CANARY, Case, Expected
from tests.hostile.corpus import AREAS
from tests.hostile.guarding import nobody_opens, ran, staged
from tests.registry.drops import weights
from tests.sentences import is_harmless

pytestmark = pytest.mark.skipif(os.name == "nt", reason="the tricks are those of POSIX")

STATES: dict[Expected, str] = {
    "clean": "taken",
    "warning": "taken",
    "quarantined": "refused",  # elsewhere the same finding is the error Unsafe, exit code 5
    "refused": "refused",  # elsewhere the error Invalid, exit code 2
    "ignored": "ignored",  # the same; here nobody asked for it, so it is only listed
}
HARMLESS = 20
IN_QUARANTINE = "quarantine:"
"""How the reference of a refused line begins, once refused files are put into quarantine."""
MIB = 1024 * 1024
MOST_GROWN = 512 * MIB
MOST_CHILD = 1_200 * MIB  # the limit of the child that looks, and what Python itself takes


@dataclass(frozen=True)
class Seen:
    """A line of the ledger."""

    path: str
    state: str
    reason: str
    reference: str


@pytest.mark.parametrize("area", AREAS)
def test_an_area_dropped_at_once_comes_to_its_end(tmp_path: Path, area: str) -> None:
    """Case by case as at the other doors; harmless files among them are all registered."""
    root = tmp_path / "registry"
    inbox = root / "inbox"
    inbox.mkdir(parents=True)
    (root / "modelshelf.toml").write_text("", "utf-8")
    cases = [case for case in AREAS[area] if not case.skip()]
    for number in range(HARMLESS):
        place = inbox / f"{'az'[number % 2]}-harmless-{number}"
        place.mkdir()
        (place / "m.safetensors").write_bytes(weights(number))
    for case in cases:
        stage = staged(tmp_path, case)
        (inbox / case.owner).mkdir()
        case.make(inbox / case.owner / case.name, stage)
    with nobody_opens(staged(tmp_path, cases[0]).canary):
        told = sweep(root)
    seen = {line.path: line for line in (Seen(*each) for each in told["sightings"])}
    wrong = [wrong for case in cases if (wrong := complaint(case, seen))]
    assert not wrong, "\n".join(wrong)
    taken = [line for line in seen.values() if "-harmless-" in line.path]
    assert [line.state for line in taken] == ["taken"] * HARMLESS
    check_surroundings(tmp_path, told)
    check_screen(root)


def sweep(root: Path) -> dict[str, Any]:
    """Sweep in a process of its own."""
    command = [sys.executable, "-m", "tests.hostile.sweeping", str(root)]
    here = Path(__file__).parents[2]
    environment = os.environ | {"PYTHONPATH": str(here)}
    done = subprocess.run(
        command, capture_output=True, text=True, timeout=300, cwd=here, env=environment, check=False
    )
    assert done.returncode == 0, f"ended with {done.returncode}: {done.stderr[-4_000:]}"
    assert CANARY not in done.stdout
    told: dict[str, Any] = json.loads(done.stdout)
    return told


def complaint(case: Case, seen: dict[str, Seen]) -> str:
    """Return what is wrong with what became of a case; nothing when all is well."""
    folder = escape_path(f"inbox/{case.owner}/")
    exact = seen.get(folder + escape_path(case.name))
    lines = [exact] if exact else [seen[path] for path in seen if path.startswith(folder)]
    if not lines:
        return f"{case.id}: nothing is said about it"
    state = "waiting" if case.waits else STATES[case.expected]
    for line in lines:
        if line.state != state:
            return f"{case.id}: {line.state} ({line.reason}), not {state}"
        if not is_harmless(safe(line.path) + line.reason):
            return f"{case.id}: its line could drive a terminal"
        if case.expected == "refused" and case.rule not in line.reason:
            return f"{case.id}: {line.reason}, which says nothing of {case.rule}"
        if put := put_wrong(case, line):
            return f"{case.id}: {put}"
    return ""


def put_wrong(case: Case, line: Seen) -> str:
    """Return what is wrong with where something was put; nothing when all is well."""
    if line.state == "taken" and not line.reference:
        return "taken, and as nothing"
    quarantined = case.expected == "quarantined" and line.state == "refused"
    if quarantined and not line.reference.startswith(IN_QUARANTINE):
        return "refused, and not put into quarantine"
    return ""


def check_surroundings(folder: Path, told: dict[str, Any]) -> None:
    """Check that nothing ran, nothing was eaten up, and the log holds."""
    assert ran(folder) == []
    assert told["whole"] is True
    assert told["grown"] < MOST_GROWN
    assert told["child"] < MOST_CHILD
    for file in (folder / "registry").glob("catalog.db*"):
        assert CANARY.encode() not in file.read_bytes()


def check_screen(root: Path) -> None:
    """Check that a person can look at the ledger without any terminal obeying it."""
    done = Shell(root)("inbox", "--limit", "1000")
    assert done.code == 0
    assert CANARY not in done.stdout
    assert all(map(is_harmless, done.stdout.split("\n")))
