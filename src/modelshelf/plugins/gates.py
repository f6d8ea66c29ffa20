"""Gates from other packages: found by entry point, asked, and held to their answer.

A package declares them in the entry point group ``modelshelf.gates``. Each is a function that takes
a :class:`GateQuestion` and returns a :class:`GateAnswer`; docs/gates.md is written for its author.

Who installs a package trusts its code. It is imported when a gate of its is run, never when one is
judged, and whatever it raises is an answer that does not pass.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches
from importlib.metadata import EntryPoint, entry_points
from pathlib import Path
from typing import TYPE_CHECKING, Any

from modelshelf.domain.errors import NotFound
from modelshelf.domain.gates.names import shape
from modelshelf.domain.plain import plain
from modelshelf.domain.text import safe

if TYPE_CHECKING:
    from modelshelf.domain.models import VersionDetail

GROUP = "modelshelf.gates"
TEXT_MOST = 600
"""Characters of each text of an answer that are kept."""


@dataclass(frozen=True, slots=True)
class GateQuestion:
    """What a gate of another package is asked.

    Attributes:
        stage: The stage that the version would hold.
        version: The version, as ``version`` in expressions, its moments as ISO 8601 text; besides
            its ``files``, ``inputs`` and ``outputs``.
        baseline: The present holder in the same form; ``None`` when nobody else does.
        settings: What the policy tells the gate.
        path: Its file or folder, read-only and gone afterwards; ``None`` when there are no bytes.
    """

    stage: str
    version: Mapping[str, Any]
    baseline: Mapping[str, Any] | None = None
    settings: Mapping[str, Any] = field(default_factory=dict)
    path: Path | None = None


@dataclass(frozen=True, slots=True)
class GateAnswer:
    """What it answers.

    Attributes:
        passed: Whether the version may hold the stage.
        observed: What was found, in a few words.
        required: What was asked for, in a few words.
        message: A clause for people; made of the others when it is empty.
    """

    passed: bool
    observed: str = ""
    required: str = ""
    message: str = ""


PluginGate = Callable[[GateQuestion], GateAnswer]


def question(
    stage: str,
    version: VersionDetail,
    baseline: VersionDetail | None = None,
    *,
    settings: Mapping[str, Any] | None = None,
    path: Path | None = None,
) -> GateQuestion:
    """Return the question whether ``version`` may hold ``stage``, as plain values."""
    held = None if baseline is None else _plain(baseline)
    return GateQuestion(stage, _plain(version), held, plain(dict(settings or {})), path)


def _plain(detail: VersionDetail) -> dict[str, Any]:
    found = detail.inspection
    told = {"files": detail.files, "inputs": found.inputs, "outputs": found.outputs}
    return {**plain(shape(detail)), **plain(told)}


def known_gates() -> tuple[str, ...]:
    """Return the names that installed packages declare, sorted; nothing of theirs is imported."""
    return tuple(sorted({entry.name for entry in entry_points(group=GROUP)}))


def find_gate(name: str) -> PluginGate:
    """Return the gate that a package declares as ``name``; importing it runs the package's code.

    Raises:
        NotFound: No package declares it, several do, or it cannot be imported.
    """
    entries = sorted(entry_points(group=GROUP, name=name), key=lambda entry: entry.value)
    if not entries:
        near = get_close_matches(name[:200], known_gates(), n=1)
        raise NotFound(
            f"no installed package has a gate {safe(name, 80)!r}",
            why=f"there are {', '.join(known_gates()) or 'none'}",
            hint=f"Did you mean {near[0]}?" if near else "Install the package that brings it.",
            subject=name,
        )
    if len({entry.value for entry in entries}) > 1:
        raise NotFound(
            f"several packages have a gate {safe(name, 80)!r}",
            why=", ".join(safe(entry.value, 80) for entry in entries),
            hint="Uninstall all but one of them.",
            subject=name,
        )
    return _loaded(entries[0])


def ask(name: str, asked: GateQuestion) -> GateAnswer:
    """Return what the gate called ``name`` answers; a failure of its is an answer that says no.

    Raises:
        NotFound: As :func:`find_gate`.
    """
    gate = find_gate(name)
    try:
        answer: object = gate(asked)
        if not isinstance(answer, GateAnswer) or type(answer.passed) is not bool:
            return _failed(name, f"it returned {type(answer).__name__} and no answer")
        texts = (answer.observed, answer.required, answer.message)
        return GateAnswer(answer.passed, *(safe(text, TEXT_MOST) for text in texts))
    # Another's code may raise anything; sys.exit(0) would read as a promotion that is allowed.
    except (Exception, SystemExit) as error:  # noqa: BLE001
        return _failed(name, f"{type(error).__name__}: {error}")


def _failed(name: str, why: str) -> GateAnswer:
    shown = safe(why, TEXT_MOST)
    told = f"the gate {safe(name, 80)} could not answer: {shown}"
    return GateAnswer(passed=False, observed=shown, required="an answer", message=told)


def _loaded(entry: EntryPoint) -> PluginGate:
    try:
        gate: object = entry.load()
    except (Exception, SystemExit) as error:
        raise NotFound(
            f"the gate {safe(entry.name, 80)!r} cannot be loaded",
            why=safe(f"{entry.value}: {type(error).__name__}: {error}"),
            subject=entry.name,
        ) from error
    if not callable(gate):
        raise NotFound(
            f"the gate {safe(entry.name, 80)!r} is no function",
            observed=type(gate).__name__,
            subject=entry.name,
        )
    return gate
