"""Expressions of gates: CEL, by the library ``common-expression-language``.

The library is imported when the first expression is met, for that takes longer than most commands.
It never runs anything of its own; what it says is put into our words here.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from difflib import get_close_matches
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from modelshelf.domain.gates.case import ExpressionFailed
from modelshelf.domain.gates.mentions import LOOPS, Mention, found, mentions
from modelshelf.domain.gates.names import BASELINE, NAMES
from modelshelf.domain.text import safe

if TYPE_CHECKING:
    import cel

TEXT_MOST = 10_000
"""Characters of an expression."""
DEPTH_MOST = 2
"""Loops in one another: each multiplies the work by the number of entries."""
LOOPED_MOST = 1_000
"""Entries of one list or map that two loops in one another may go through."""
FUNCTIONS = (
    "size", "contains", "startsWith", "endsWith", "matches", "int", "uint", "double", "string",
    "bytes", "type", "dyn", "timestamp", "duration", "getFullYear", "getMonth", "getDayOfYear",
    "getDayOfMonth", "getDate", "getDayOfWeek", "getHours", "getMinutes", "getSeconds",
    "getMilliseconds",
)  # fmt: skip
_TYPES = ("bool", "int", "uint", "double", "string", "bytes", "list", "map", "null_type", "type")
_UNDEFINED = re.compile(r"Undefined variable or function: '\.?(.*?)'\. Check")
_FUNCTION = re.compile(r"Function '(\w+)' error: (.*?)(?:\. Check function|$)", re.DOTALL)
_PLACE = re.compile(r"<input>:([0-9]+):([0-9]+): (?:Syntax error: )?(.*)")
_QUOTED = re.compile(
    r"(mismatched input|extraneous input|token recognition error at:) '(.*?)'(?: |$)"
)
_MISSING = re.compile(r"missing '(.*?)' at")
_OTHER_SIGNS = {"and": "&&", "or": "||", "not": "!", "=": "==", "&": "&&", "|": "||", "<>": "!="}
_WHOLE = re.compile(r"(?<![\w.\"'])[0-9]{1,15}(?![\w.\"'])")
_PLAINLY = (
    (ZeroDivisionError, "it divides by zero"),
    (IndexError, "it asks for an entry that the list does not have"),
    (OverflowError, "a whole number becomes too large"),
)
_UNMIXED = "it compares or computes with values of different kinds"


def evaluate(expression: str, names: Mapping[str, Any]) -> object:
    """Return the value of ``expression`` with these names.

    Args:
        expression: CEL.
        names: Texts, numbers, truth values, moments, and lists and maps of them.

    Raises:
        ExpressionFailed: It has no value: it is no CEL, a name is not recorded, values are of the
            wrong kind, or it would take too long. Its text says which.
    """
    program = _program(expression)
    used = _used(program, expression, names)
    _bound_work(expression, used)
    try:
        return program.execute(used)
    except (KeyboardInterrupt, SystemExit):
        raise
    except BaseException as error:  # a panic of the library is no Exception
        raise _failure(expression, names, error) from error


def check_expression(text: str) -> str | None:
    """Return a clause that says what is wrong with an expression, and where; ``None``: nothing.

    What is looked at: that it is CEL, that its names, their fields and its functions exist, and
    that its loops can be bounded. Whether a metric is recorded depends on the version.
    """
    try:
        program = _program(text)
    except ExpressionFailed as error:
        return str(error)
    told = mentions(text)
    if told.depth > DEPTH_MOST:
        return f"{told.depth} loops stand in one another, {DEPTH_MOST} allowed"
    unknown = (
        name
        for name in program.variables()
        if name not in told.bound and name not in NAMES and name not in _TYPES
    )
    if (name := next(unknown, None)) is not None:
        return _unknown_name(text, name)
    for function in program.functions():
        if function.isidentifier() and not function.startswith("_") and function not in FUNCTIONS:
            return _unknown_function(text, function)
    return next((wrong for each in told.names if (wrong := _wrong_field(text, each))), None)


def names_in(text: str) -> tuple[str, ...]:
    """Return the dotted names in an expression in their order: ``metrics.auc``."""
    told = mentions(text)
    return tuple(each.name for each in told.names if each.path[0] not in told.bound)


@lru_cache(maxsize=256)
def _program(expression: str) -> cel.Program:
    if len(expression) > TEXT_MOST:
        raise ExpressionFailed(
            f"the expression has {len(expression):,} characters, {TEXT_MOST:,} allowed"
        )
    import cel  # takes a tenth of a second

    try:
        return cel.compile(expression)
    except (KeyboardInterrupt, SystemExit):
        raise
    except BaseException as error:  # a panic of the library is no Exception
        raise ExpressionFailed(_syntax(expression, error)) from error


def _syntax(expression: str, error: BaseException) -> str:
    """Put what the parser says first into our words, with the place."""
    said = str(error).rpartition("': ERROR: ")[2] if "': ERROR: " in str(error) else str(error)
    first = str(error)[len("Failed to parse expression ''") + len(expression) :] or said
    place = _PLACE.search(first)
    if place is None:
        return "it is no expression"
    line, column = int(place[1]), int(place[2])
    at = f"line {line}, column {column}" if "\n" in expression else f"column {column}"
    told = place[3]
    if "<EOF>'" in told and (closing := _MISSING.match(told)):
        return f"{at}: a {closing[1]} is missing at the end"
    if "input '<EOF>'" in told:
        return f"{at}: it ends too early"
    if quoted := _QUOTED.match(told):
        word = quoted[2].strip()
        before = expression.splitlines()[line - 1][: column - 1].split()[-1:]
        meant = _OTHER_SIGNS.get(word) or _OTHER_SIGNS.get("".join(before))
        hint = f"; write {meant}" if meant else ""
        return f"{at}: {safe(word, 40)!r} cannot stand there{hint}"
    return f"{at}: {safe(told, 120)}"


def _unknown_name(text: str, name: str) -> str:
    at = _column(text, name)
    if re.search(rf"[\w\"]-{re.escape(name)}\b", text):
        return f'{at}{name!r} is no name; a key with a - in it is written metrics["a-b"]'
    near = get_close_matches(name[:80], NAMES, n=1)
    hint = f"; did you mean {near[0]}?" if near else f": there are {', '.join(NAMES)}"
    return f"{at}{safe(name, 40)!r} is no name{hint}"


def _unknown_function(text: str, name: str) -> str:
    near = get_close_matches(name[:80], [*FUNCTIONS, *LOOPS, "has"], n=1)
    if name in LOOPS:  # the library reads a loop with the wrong number of words as a function
        return f"{_column(text, name)}{name} takes a word and a condition: .{name}(x, x > 0)"
    hint = f"; did you mean {near[0]}?" if near else ""
    if name in _OTHER_SIGNS:  # not (a) reads like a function
        hint = f"; write {_OTHER_SIGNS[name]}"
    return f"{_column(text, name)}{safe(name, 40)!r} is no function{hint}"


def _wrong_field(text: str, mention: Mention) -> str | None:
    """Say which field of a name does not exist, for those names whose fields are known."""
    fields = NAMES.get(mention.path[0], ())
    if mention.path[0] in mentions(text).bound or not fields or len(mention.path) == 1:
        return None
    root, field = mention.path[:2]
    if field in fields:
        return None
    near = get_close_matches(field[:80], fields, n=1)
    if near:
        hint = f"; did you mean {near[0]}?"
    elif "metrics" in fields:
        hint = f"; did you mean {root}.metrics.{safe(field, 40)}?"
    else:
        hint = f": it has {', '.join(fields)}"
    return f"{_column(text, field)}{root} has no field {safe(field, 40)!r}{hint}"


def _column(text: str, word: str) -> str:
    place = re.search(rf"(?<!\w){re.escape(word)}(?!\w)", text)
    if place is None:
        return ""
    before = text[: place.start()]
    column = len(before) - (before.rfind("\n") + 1) + 1
    if "\n" in text:
        return f"line {before.count(chr(10)) + 1}, column {column}: "
    return f"column {column}: "


def _used(program: cel.Program, expression: str, names: Mapping[str, Any]) -> dict[str, Any]:
    """Return what of ``names`` the expression can reach: handing values over is most of the work.

    A name that stands anywhere by itself (``size(metrics)``, ``metrics[params.key]``) is whole.
    """
    told = mentions(expression).names
    return {
        name: _reached(names[name], [each.path[1:] for each in told if each.path[0] == name])
        for name in program.variables()
        if name in names
    }


def _reached(value: object, paths: Sequence[tuple[str, ...]]) -> object:
    if not isinstance(value, Mapping) or not paths or not all(paths):
        return value
    heads: dict[str, list[tuple[str, ...]]] = {}
    for path in paths:
        if path[0] in value:
            heads.setdefault(path[0], []).append(path[1:])
    return {head: _reached(value[head], rests) for head, rests in heads.items()}


def _bound_work(expression: str, used: Mapping[str, Any]) -> None:
    depth = mentions(expression).depth
    if depth > DEPTH_MOST:
        raise ExpressionFailed(f"{depth} loops stand in one another, {DEPTH_MOST} allowed")
    if depth < DEPTH_MOST:
        return
    for name, value in used.items():
        tables = [value, *(value.values() if isinstance(value, Mapping) else ())]
        most = max((len(t) for t in tables if isinstance(t, Mapping | list)), default=0)
        if most > LOOPED_MOST:
            raise ExpressionFailed(
                f"{name} has {most:,} entries, {LOOPED_MOST:,} allowed for loops in one another"
            )


def _failure(expression: str, names: Mapping[str, Any], error: BaseException) -> ExpressionFailed:
    """Return why an expression has no value, from what the library raised."""
    if isinstance(error, KeyError):
        return _not_recorded(expression, names, str(error.args[0]))
    if isinstance(error, TypeError):
        return _mixed(expression, names)
    if plainly := next((told for kind, told in _PLAINLY if isinstance(error, kind)), ""):
        return ExpressionFailed(plainly)
    return ExpressionFailed(_told(str(error)))


def _told(said: str) -> str:
    """Put what the library says of names and functions into our words."""
    if undefined := _UNDEFINED.match(said):
        if undefined[1] in FUNCTIONS:  # so it says of values that the function does not take
            return f"{undefined[1]}() does not take such a value"
        return f"{safe(undefined[1], 60)!r} is no name and no function"
    if function := _FUNCTION.match(said):
        told = safe("".join(function[2].splitlines()[:1]), 120)
        return f"{function[1]}() cannot be used so: {told}"
    return f"it cannot be computed: {safe(said, 120)}"


def _not_recorded(expression: str, names: Mapping[str, Any], key: str) -> ExpressionFailed:
    """Find out which dotted name the missing ``key`` belongs to.

    The library tells the key alone. Of several names that could be meant, one of the version comes
    before one of the present holder, so that a version is never excused by what nobody holds.
    """
    meant: list[Mention] = []
    for mention in mentions(expression).names:
        there, _, place = found(names, mention.path)
        last = place == len(mention.path) - 1
        if not there and place and mention.path[place] == key and not (mention.tested and last):
            meant.append(mention)
    meant.sort(key=lambda each: each.path[0] == BASELINE)
    if not meant:
        meant = [
            each
            for each in mentions(expression).names
            if each.path[0] in mentions(expression).bound and key in each.path[1:]
        ]
    if not meant:
        return ExpressionFailed(f"{safe(key, 80)!r} is not recorded", (key,))
    path = meant[0].path
    return ExpressionFailed(
        f"{safe(meant[0].name, 120)} is not recorded{_with_dots(names, path)}", path
    )


def _with_dots(names: Mapping[str, Any], path: tuple[str, ...]) -> str:
    """Return a hint for a key that holds dots itself: ``metrics["val.auc"]``."""
    for place in range(1, len(path) - 1):
        there, table, _ = found(names, path[:place])
        key = ".".join(path[place:])
        if there and isinstance(table, Mapping) and key in table:
            return f'; write {".".join(path[:place])}["{safe(key, 80)}"]'
    return ""


def _mixed(expression: str, names: Mapping[str, Any]) -> ExpressionFailed:
    """Say how to write what has been computed with values that do not mix."""
    for mention in mentions(expression).names:
        there, value, place = found(names, mention.path)
        if not there and place > 1 and not isinstance(value, Mapping):
            held = ".".join(mention.path[:place])
            if found(names, mention.path[:place])[0]:
                return ExpressionFailed(f"{safe(held, 120)} is a single value without fields")
        if there and isinstance(value, str) and mention.path[0] in ("params", "tags"):
            name = safe(mention.name, 80)
            return ExpressionFailed(
                f"{_UNMIXED}: {name} is text; for its number write double({name})"
            )
    whole = _WHOLE.search(expression)
    hint = f": metrics are decimal numbers, so write {whole[0]}.0" if whole else ""
    return ExpressionFailed(f"{_UNMIXED}{hint}")
