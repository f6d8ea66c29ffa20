"""The words in the rules over the panes, and the sentences of the models screen."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from textual.content import Content

from modelshelf.domain.models import ModelVersion, RegisteredModel
from modelshelf.domain.text import safe
from modelshelf.tui import store
from modelshelf.tui.listing import Listing
from modelshelf.tui.show import Look, styled

if TYPE_CHECKING:
    from modelshelf.registry import Registry

TYPING = 0.06
_SCOPE_MOST = 60
FILTER_EXAMPLES = "churn   stage:production   metrics.auc>=0.9   format:onnx   tag.team:risk"
_FOUND_IN_ONE = "stage:production   metrics.auc>=0.9   format:onnx   tag.team:risk   by:ana"


def examples(scope: str) -> str:
    """Return what the filter shows while nothing is typed: where it looks, and what can be asked.

    Args:
        scope: The model or namespace whose versions are listed; empty for all of them.
    """
    name = safe(scope, _SCOPE_MOST)
    return f"in {name}:   {_FOUND_IN_ONE}" if scope else f"in all models:   {FILTER_EXAMPLES}"


def models(total: int, *, more: bool) -> Content:
    """Return the title of the list of models."""
    count = f"{total:,}{'+' if more else ''}"
    return styled(("models", "strong"), (f" {count}" if total else "", "dim"))


def versions(shown: Listing | None, sort: str, marked: int = 0) -> Content:
    """Return the title of a list of versions: whose, how many, how many marked, which order."""
    if shown is None:
        return Content("")
    wish, total = shown.wish, shown.rows.total
    count = f"{total:,}{'' if shown.whole else '+'} version{'' if total == 1 else 's'}"
    name = wish.scope.name
    marks: tuple[str, Look] = (f" · {marked:,} marked" if marked else "", "accent")
    order = "" if sort == "newest" else f" · {_in_words(sort)}"
    if wish.text:
        where = f" in {name}" if name else ""
        return styled((f"{count} found", "strong"), (where, "dim"), marks, (order, "dim"))
    about = _about(shown.model) if shown.model is not None else ""
    return styled(
        (name or "all models", "strong"), (f" · {count}", "dim"), marks, (order + about, "dim")
    )


def _about(model: RegisteredModel) -> str:
    owner = f" · owner {model.owner}" if model.owner else ""
    retired = " · retired" if model.retired else ""
    about = f" · {safe(model.description, 120)}" if model.description else ""
    return owner + retired + about


def _in_words(sort: str) -> str:
    plain = sort.removeprefix("-")
    words = {"oldest": "oldest first", "name": "by model", "-name": "by model, Z to A"}
    last = "largest" if sort.startswith("-") else "smallest"
    if plain == "size":
        return f"{last} first"
    if plain.startswith("metrics."):
        way = "highest" if sort.startswith("-") else "lowest"
        return f"{safe(plain.removeprefix('metrics.'), 60)}, {way} first"
    return words.get(sort, sort)


def nothing(shown: Listing) -> str:
    """Return what a list without versions says."""
    if shown.wish.text:
        name = shown.wish.scope.name
        where = f" in {safe(name, 120)}; enter looks everywhere"
        return f"nothing found{where if name else ''}"
    return "no versions yet"


def rivals(registry: Registry, version: ModelVersion, chosen: Mapping[int, str]) -> tuple[str, ...]:
    """Return what a version is compared with: the one marked, the holder, the one before."""
    others = [reference for key, reference in chosen.items() if key != version.id]
    if others:
        return (*others, version.reference)
    rival = store.rival(registry, version)
    if rival is not None:
        return rival.reference, version.reference
    if version.number > 1:
        return f"{version.model}:v{version.number - 1}", version.reference
    return (version.reference,)
