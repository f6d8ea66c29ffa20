"""The gates of the policy file: conditions of which each has exactly one kind."""

from __future__ import annotations

from typing import Any

from modelshelf.domain.policy import BUILTIN_GATES, DAY
from modelshelf.domain.policy.commands import read_command, read_variables
from modelshelf.domain.policy.problem import nearest
from modelshelf.domain.policy.section import Section
from modelshelf.domain.policy.values import (
    COMPLETE,
    COMPLETE_BY_NAME,
    DEFAULT_SETTINGS,
    FRESH,
    Gate,
    builtin_gate,
)
from modelshelf.domain.text import safe

WHEN_KEYS = ("when", "message")
RUN_KEYS = ("run", "timeout", "env", "stands", "message")
BUILTIN_KEYS = {name: ("use", *told, "message") for name, told in DEFAULT_SETTINGS.items()}
PLUGIN_KEYS = ("plugin", "stands", "message")
"""Every other key is a setting that the entry point is told."""
_KINDS = ("when", "run", "plugin", "use")
_ANSWERS = ("holders", "usable", "approvals")
"""What verdicts call the rules that every stage has."""
_TIMEOUT_MOST = DAY
_SETTINGS_DEPTH = 20


def read_gate(gates: Section, name: str) -> Gate:
    """Return the gate that the table called ``name`` describes; mistakes are kept in the section.

    Args:
        gates: The table of all gates.
        name: Its key in that table.
    """
    section = gates.section(name)
    name = _name(gates, name)
    message = section.text("message", most=1_000)
    kinds = [kind for kind in _KINDS if kind in section.table]
    if name in BUILTIN_GATES:
        if section.table.get("use", name) != name or kinds not in ([], ["use"]):
            hint = "Give the gate another name."
            section.wrong("", "is a built-in gate and cannot be another", hint=hint)
        return _builtin(section, name, name, message)
    if len(kinds) != 1:
        _no_kind(section, kinds)
        return Gate(name, "when", when="false", message=message)
    if kinds == ["use"]:
        return _builtin(section, name, section.choice("use", BUILTIN_GATES, "scan"), message)
    if kinds == ["when"]:
        section.known(WHEN_KEYS)
        when = section.text("when", most=10_000, lines=True)
        return Gate(name, "when", when=when, message=message)
    return _run(section, name, message) if kinds == ["run"] else _plugin(section, name, message)


def _name(gates: Section, key: str) -> str:
    name = gates.accepted(key, key, key, most=64, kind="name of a gate")
    if name in _ANSWERS:
        gates.wrong(key, "cannot be the name of a gate", why="a rule of every stage is called so")
    return name


def _no_kind(section: Section, kinds: list[str]) -> None:
    if kinds:
        says = f"has {' and '.join(kinds)}"
        section.wrong(kinds[1], says, required="one of them", hint="Make two gates of it.")
        return
    meant = next((nearest(key, _KINDS) for key in section.table if nearest(key, _KINDS)), "")
    name = str(section.place[-1])
    section.wrong(
        "",
        "does not say what it demands",
        required="one of when, run, plugin and use",
        hint=meant or nearest(name, BUILTIN_GATES) or 'Write when = "metrics.auc > 0.9".',
    )


def _run(section: Section, name: str, message: str) -> Gate:
    section.known(RUN_KEYS)
    return Gate(
        name,
        "run",
        run=read_command(section),
        timeout=section.seconds("timeout", 60.0, least=0.1, most=_TIMEOUT_MOST),
        stands=section.seconds("stands", DAY),
        env=read_variables(section),
        message=message,
    )


def _plugin(section: Section, name: str, message: str) -> Gate:
    settings = {key: value for key, value in section.table.items() if key not in PLUGIN_KEYS}
    for key, value in settings.items():
        if not _plain(value, _SETTINGS_DEPTH):
            says = "is nothing that can be recorded"
            section.wrong(key, says, observed=value, hint="Write dates as text.")
    return Gate(
        name,
        "plugin",
        use=section.text("plugin", most=200),
        stands=section.seconds("stands", DAY),
        message=message,
        settings=settings,
    )


def _plain(value: object, depth: int) -> bool:
    """Whether a value has a form in JSON, so that the gate's digest can be taken."""
    if isinstance(value, dict | list):
        inner = value.values() if isinstance(value, dict) else value
        return depth > 0 and all(_plain(each, depth - 1) for each in inner)
    if isinstance(value, float):
        return value - value == 0  # neither infinite nor no number
    return isinstance(value, str | bool | int)


def _builtin(section: Section, name: str, use: str, message: str) -> Gate:
    section.known(BUILTIN_KEYS[use])
    read = {
        "complete": _complete,
        "signature": _signature,
        "fresh": _fresh,
        "licence": _licence,
        "verified": _verified,
    }.get(use)
    gate = builtin_gate(name, use, read(section) if read else {})
    return Gate(name, use=gate.use, message=message, settings=gate.settings)


def _complete(section: Section) -> dict[str, Any]:
    needs = section.words("needs", tuple(DEFAULT_SETTINGS["complete"]["needs"]))
    for n, need in enumerate(needs):
        kind, dot, key = need.partition(".")
        if need in COMPLETE or (dot and key and kind in COMPLETE_BY_NAME):
            continue
        section.wrong(
            ("needs", n),
            f"is {safe(need, 60)!r}, which no version has",
            required=f"{', '.join(COMPLETE)}, metrics.NAME, params.NAME, tags.NAME",
            hint=nearest(need, COMPLETE),
        )
    return {"needs": list(dict.fromkeys(needs))}


def _signature(section: Section) -> dict[str, Any]:
    return {"allow": section.choice("allow", ("same", "compatible"), "compatible")}


def _fresh(section: Section) -> dict[str, Any]:
    default = DEFAULT_SETTINGS["fresh"]
    if isinstance(section.table.get("of"), str):
        return {
            "within": section.seconds("within", default["within"], least=1.0),
            "of": [section.choice("of", FRESH, "registered")],
        }
    of = section.words("of", tuple(default["of"]))
    for n, each in enumerate(of):
        if each not in FRESH:
            says, hint = f"is {safe(each, 60)!r}", nearest(each, FRESH)
            section.wrong(("of", n), says, required=" or ".join(FRESH), hint=hint)
    if section.table.get("of") == []:
        section.wrong("of", "is empty", hint='Write of = ["registered"].')
    return {"within": section.seconds("within", default["within"], least=1.0), "of": list(of)}


def _licence(section: Section) -> dict[str, Any]:
    allowed = section.words("allowed")
    return {
        "allowed": list(allowed),
        "unknown": section.choice("unknown", ("fail", "pass"), "fail"),
        "inherit": section.flag("inherit", default=True),
    }


def _verified(section: Section) -> dict[str, Any]:
    return {"within": section.seconds("within", DEFAULT_SETTINGS["verified"]["within"], least=1.0)}
