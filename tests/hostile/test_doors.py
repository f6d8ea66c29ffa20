"""Every hostile case comes to the same end by every door, and nothing of it ever runs."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from modelshelf.domain.errors import Invalid, Unsafe
from modelshelf.domain.inspection import Inspection
from modelshelf.formats import Source, inspect
from modelshelf.registry import Registry, create_registry
from tests.doors.calls import Call, Shell
from tests.furnished import ticking
from tests.hostile.case import CANARY, Case, Expected
from tests.hostile.corpus import EVERY
from tests.hostile.guarding import in_time, nobody_opens, ran, staged
from tests.sentences import check_sentence, is_harmless

pytestmark = pytest.mark.skipif(os.name == "nt", reason="the tricks are those of POSIX")

VERDICTS: dict[Expected, frozenset[str]] = {
    "clean": frozenset({"clean"}),
    "warning": frozenset({"warning"}),
    "quarantined": frozenset({"dangerous", "incomplete"}),
}
EXIT_CODES: dict[Expected, int] = {
    "clean": 0,
    "warning": 0,
    "quarantined": 5,
    "refused": 2,
    "ignored": 2,
}
BY_A_REAL_PROCESS = ("pickle-eval", "packed-gzip", "pickle-persid", "zip-in-a-zip")


@dataclass(frozen=True)
class Stand:
    """Somebody in front of a registry that takes what comes.

    Attributes:
        folder: Where everything lies.
        registry: The registry.
        shell: A command line in front of the same one.
    """

    folder: Path
    registry: Registry
    shell: Shell


@pytest.fixture(scope="module")
def stand(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stand]:
    """Make one registry for all cases, as an enemy would find it."""
    folder = tmp_path_factory.mktemp("doors")
    with create_registry(folder / "registry", actor="ana", clock=ticking()) as registry:
        yield Stand(folder, registry, Shell(registry.path, clock=ticking()))
        assert registry.audit.verify(deep=True).whole
    assert ran(folder) == []
    kept = (path for path in (folder / "registry").rglob("*") if path.is_file())
    assert not [path for path in kept if CANARY.encode() in path.read_bytes()]


CHEAP = [pytest.param(case, id=case.id) for case in EVERY if not case.costly]


@pytest.mark.parametrize("case", CHEAP)
def test_every_door_comes_to_the_same_end(stand: Stand, tmp_path: Path, case: Case) -> None:
    """Looking, the Python API and the command line agree; nothing runs, nothing outside is read."""
    if why := case.skip():
        pytest.skip(why)
    stage = staged(stand.folder, case)
    path = tmp_path / case.name
    case.make(path, stage)
    with nobody_opens(stage.canary):
        if case.named in VERDICTS:
            with in_time():
                check_inspection(case, inspect(Source.from_path(path)))
        with in_time():
            check_registration(case, stand.registry, path)
        with in_time():
            check_call(case, stand.shell("register", case.owner, path))
    assert not stage.marker.exists()


def check_inspection(case: Case, found: Inspection) -> None:
    """Check that looking finds what it must."""
    assert found.verdict in VERDICTS[case.named], found.findings
    if case.by_hand is None:
        assert any(f.rule.endswith(case.rule) for f in found.findings) or not case.rule, found
    assert CANARY not in repr(found)


def check_registration(case: Case, registry: Registry, path: Path) -> None:
    """Check what the Python API makes of it."""
    if case.named in {"clean", "warning"}:
        answer = registry.versions.register(case.owner, path)
        assert answer.created
        assert answer.version.verdict in VERDICTS[case.named]
        return
    with pytest.raises(Unsafe if case.named == "quarantined" else Invalid) as caught:
        registry.versions.register(case.owner, path)
    check_sentence(caught.value)


def check_call(case: Case, done: Call) -> None:
    """Check what the command line makes of it, and that no terminal obeys what it says."""
    assert done.code == EXIT_CODES[case.named], done.stderr
    for line in (*done.stdout.split("\n"), *done.stderr.split("\n")):
        assert is_harmless(line), line
        assert CANARY not in line


@pytest.mark.parametrize(
    "case", [case for case in EVERY if case.id in BY_A_REAL_PROCESS], ids=lambda case: case.id
)
def test_a_real_process_comes_to_the_same_end(tmp_path: Path, case: Case) -> None:
    """What a person types in a terminal, from start to end."""
    stage = staged(tmp_path, case)
    path = tmp_path / case.name
    case.make(path, stage)
    create_registry(tmp_path / "registry", actor="ana").close()
    command = [sys.executable, "-m", "modelshelf", "-R", str(tmp_path / "registry")]
    environment = os.environ | {"HOME": str(tmp_path), "XDG_STATE_HOME": str(tmp_path)}
    done = subprocess.run(
        [*command, "register", case.owner, str(path)],
        capture_output=True,
        text=True,
        timeout=60,
        env=environment,
        check=False,
    )
    check_call(case, Call(done.returncode, done.stdout, done.stderr))
    assert ran(tmp_path) == []


def test_the_corpus_is_large_and_every_case_has_its_own_name() -> None:
    """Two cases of one name would be one model, and one of them could hide the other."""
    assert len(EVERY) >= 200
    assert len({case.id for case in EVERY}) == len(EVERY)


def test_the_payloads_are_real(tmp_path: Path) -> None:
    """The counter-check: whoever unpickles these makes their markers, all of them."""
    cases = [case for case in EVERY if case.runs]
    for case in cases:
        case.make(tmp_path / case.id, staged(tmp_path, case))
    code = (
        "import pickle, sys\n"
        "for name in sys.argv[1:]:\n"
        "    try:\n"
        "        pickle.load(open(name, 'rb'))\n"
        "    except Exception:\n"
        "        pass\n"
    )
    names = [str(tmp_path / case.id) for case in cases]
    subprocess.run([sys.executable, "-c", code, *names], check=True, timeout=60)
    assert ran(tmp_path) == sorted(case.id for case in cases)
