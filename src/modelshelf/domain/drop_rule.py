"""Which model an artifact belongs to: the rule of its drop folder, held against where it lies."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Literal

from modelshelf.domain.drop_names import PACKAGE, stem_of
from modelshelf.domain.errors import Invalid
from modelshelf.domain.names import check_model_name
from modelshelf.domain.text import safe

Keep = Literal["move", "copy", "adopt"]
Pickles = Literal["accept", "quarantine"]
Watching = Literal["auto", "events", "poll"]

PATH_MOST = 500
"""Characters of the longest path that a pattern is held against; the names are anybody's, and a
pattern that goes back and forth takes long over a long one."""

_SIDECAR = "sidecar"
_OWN = ("folder", "stem", _SIDECAR)
_PLACEHOLDER = re.compile(r"\{([A-Za-z_]\w*)\}")


@dataclass(frozen=True, slots=True)
class DropFolder:
    """A watched folder and its rule.

    Attributes:
        path: Relative to the registry, or absolute.
        model: How the model's name is found: text with ``{folder}``, ``{stem}``, ``{sidecar}`` or
            a named group of ``pattern``; without any of them a fixed name.
        pattern: A regular expression with named groups that the path below the drop folder must
            match as a whole; empty for no pattern.
        settle: Seconds a file must lie still.
        settle_folder: Seconds a folder artifact must lie still.
        keep: What becomes of the original: moved away, left where it is and copied, or adopted,
            that is registered where it lies without a copy.
        pickles: Whether files that can run code when loaded are taken in with a warning, or
            quarantined.
        watch: Whether changes are noticed by file events or by polling; ``auto`` polls on network
            file systems.
    """

    path: str = "inbox"
    model: str = "{folder}"
    settle: float = 2.0
    settle_folder: float = 10.0
    keep: Keep = "move"
    pattern: str = ""
    pickles: Pickles = "accept"
    watch: Watching = "auto"


def check_rule(where: str, model: str, pattern: str) -> None:
    """Check the two settings that say which model an artifact belongs to.

    Args:
        where: The drop folder in the policy file, for sentences.
        model: The text of the setting ``model``.
        pattern: The text of the setting ``pattern``; empty for none.

    Raises:
        Invalid: A placeholder that nothing fills, a pattern that is no regular expression, or a
            fixed name that no model can have.
    """
    groups = _groups(where, pattern)
    wanted = _PLACEHOLDER.findall(model)
    known = (*_OWN, *groups)
    for name in wanted:
        if name not in known:
            raise _unknown(where, name, known, groups, pattern)
    rest = _PLACEHOLDER.sub("", model)
    if "{" in rest or "}" in rest:
        raise Invalid(
            f"{where}.model has a brace that belongs to no placeholder",
            observed=safe(model, 80),
            required="placeholders such as {folder}",
        )
    if _SIDECAR in wanted and model != "{sidecar}":
        raise Invalid(
            f"{where}.model has more than {{sidecar}}",
            why="a sidecar names the whole model",
            observed=safe(model, 80),
            hint='Write model = "{sidecar}".',
        )
    if not wanted:
        check_model_name(model)


def _groups(where: str, pattern: str) -> tuple[str, ...]:
    try:
        groups = tuple(re.compile(pattern).groupindex)
    except (re.error, RecursionError, OverflowError) as error:
        raise Invalid(
            f"{where}.pattern is no regular expression",
            why=safe(error, 200),
            observed=safe(pattern, 80),
        ) from error
    for name in groups:
        if name in _OWN:
            raise Invalid(
                f"{where}.pattern has a group called {name!r}",
                why=f"{{{name}}} has a meaning already",
                hint="Give the group another name.",
            )
    return groups


def _unknown(
    where: str, name: str, known: tuple[str, ...], groups: tuple[str, ...], pattern: str
) -> Invalid:
    from difflib import get_close_matches  # costs every start, and only a mistake needs it

    near = get_close_matches(name, known, n=1)
    no_pattern = "there is no pattern that could have a group of that name"
    no_group = f"the pattern has the groups {', '.join(groups)}" if groups else "it has no groups"
    return Invalid(
        f"{where}.model: nothing fills {{{safe(name, 40)}}}",
        why=no_group if pattern else no_pattern,
        required="one of " + ", ".join(f"{{{each}}}" for each in known),
        hint=f"Did you mean {{{near[0]}}}?" if near else "",
    )


def does_not_match(rule: DropFolder, relative: PurePosixPath) -> str:
    """Return why the pattern of a rule leaves an artifact out; empty when it does not."""
    if not rule.pattern:
        return ""
    path = relative.as_posix()
    if len(path) > PATH_MOST:
        return f"its path has more than {PATH_MOST} characters, too many for the pattern"
    if re.fullmatch(rule.pattern, path) is None:
        return f"it does not match the pattern {safe(rule.pattern, 120)}"
    return ""


def model_for(rule: DropFolder, relative: PurePosixPath, *, folder: bool = False) -> str | None:
    """Return the name of the model an artifact belongs to, unchecked; ``None`` if none follows.

    Args:
        rule: The rule of the drop folder; ``{folder}`` stands for all folders between it and the
            artifact, ``{stem}`` for the artifact's name without its suffix, ``{sidecar}`` for what
            the sidecar says, and every other name for a group of the pattern.
        relative: The artifact, relative to the drop folder.
        folder: Whether it is a folder artifact. One that lies directly in the drop folder has no
            folder above it and lends its own name.
    """
    if rule.model == "{sidecar}" or does_not_match(rule, relative):
        return None
    plain = folder and not relative.name.lower().endswith(PACKAGE)
    stem = relative.name if plain else stem_of(relative.name)
    between = "/".join(relative.parts[:-1]) or (stem if folder else "")
    if not between and "{folder}" in rule.model:
        return None
    values = {"folder": between, "stem": stem}
    found = re.fullmatch(rule.pattern, relative.as_posix()) if rule.pattern else None
    if found is not None:
        values |= {name: value or "" for name, value in found.groupdict().items()}
    return _PLACEHOLDER.sub(lambda match: values.get(match[1], match[0]), rule.model)


def no_model(rule: DropFolder) -> str:
    """Return why an artifact belongs to no model, and what to do about it, as a clause."""
    if rule.model == "{sidecar}":
        return "it belongs to no model: only a sidecar can name one here, and it has none"
    return "it belongs to no model: put it into a folder called like the model"
