"""The policy: what is wrong with it, what it sets, and what it means for one model."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from modelshelf.cli.screen import Screen
from modelshelf.cli.table import Cell, facts
from modelshelf.domain.policy.toml import header_text, key_text, value_text
from modelshelf.domain.text import safe

if TYPE_CHECKING:
    from modelshelf.domain.policy.explaining import Explanation, StageExplained
    from modelshelf.domain.policy.problem import Place, PolicyProblem
    from modelshelf.domain.policy.showing import Setting

_LINE_MOST = 2_000
_COMMENT_AT = 42


def plain_problems(found: Sequence[PolicyProblem]) -> list[dict[str, object]]:
    """Return the problems as they stand in JSON."""
    return [
        {
            "line": p.line or None,
            "where": p.where,
            "what": p.what,
            "why": p.why,
            "observed": p.observed,
            "required": p.required,
            "hint": p.hint,
            "warning": p.warning,
        }
        for p in found
    ]


def problems(screen: Screen, name: str, found: Sequence[PolicyProblem]) -> Iterator[str]:
    """Yield a line for each problem, as compilers do, so that editors can follow it."""
    for problem in found:
        at = f"{safe(name, 200)}:{problem.line}:" if problem.line else f"{safe(name, 200)}:"
        doubt = screen.tone("warning: ", "dim") if problem.warning else ""
        yield f"{screen.tone(at, 'bold')} {doubt}{safe(problem.sentence, _LINE_MOST)}"


def settings(screen: Screen, found: Sequence[Setting]) -> Iterator[str]:
    """Yield the settings as TOML, each with a comment that says where it comes from."""
    table: Place = ()
    for n, setting in enumerate(found):
        if setting.place[:-1] != table or n == 0:
            table = setting.place[:-1]
            if table:
                yield ""
                yield screen.tone(safe(header_text(table), _LINE_MOST), "bold")
        line = safe(f"{key_text(str(setting.place[-1]))} = {value_text(setting.value)}", _LINE_MOST)
        yield f"{line:{_COMMENT_AT}}  {screen.tone(f'# {_origin(setting)}', 'dim')}"


def _origin(setting: Setting) -> str:
    if setting.origin == "default":
        return "default"
    what = "for this model, " if setting.origin == "override" else ""
    return f"{what}line {setting.line}"


def explained(screen: Screen, found: Explanation) -> Iterator[str]:
    """Yield the rules for one model: its stages, its people, its hooks."""
    yield screen.tone(safe(found.model), "bold")
    for match in found.overrides:
        yield f"  special rules for {safe(match)} apply to it"
    for stage in found.stages:
        yield ""
        yield from _stage(screen, stage)
    for title, pairs in (("roles", _people(found)), ("hooks", list(found.hooks.items()))):
        if pairs:
            yield ""
            yield screen.tone(title, "bold")
            yield from (f"  {line}" for line in facts(screen, pairs))
    if found.sentences:
        yield ""
    yield from (safe(sentence, _LINE_MOST) for sentence in found.sentences)


def _people(found: Explanation) -> list[tuple[str, str | Cell]]:
    return [(safe(role, 60), ", ".join(people)) for role, people in found.roles.items()]


def _stage(screen: Screen, stage: StageExplained) -> Iterator[str]:
    yield screen.tone(safe(stage.name), "bold")
    yield from (f"  {safe(sentence, _LINE_MOST)}" for sentence in stage.sentences)
    yield "  it passes these gates:"
    pairs = [(safe(name, 60), what) for name, what in stage.gates.items()]
    yield from (f"    {line}" for line in facts(screen, pairs))
