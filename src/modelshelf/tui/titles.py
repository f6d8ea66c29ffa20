"""The words in the rules over the panes, and the sentences of the models screen."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from textual.content import Content

from modelshelf.domain.models import ModelVersion
from modelshelf.domain.text import safe
from modelshelf.tui import details, store
from modelshelf.tui.show import STYLES, styled
from modelshelf.tui.store import Detail, Found, Line

if TYPE_CHECKING:
    from modelshelf.registry import Registry

TYPING = 0.06
FILTER_EXAMPLES = "churn   stage:production   metrics.auc>=0.9   format:onnx   tag.team:risk"
NOTHING_YET = (
    "No models yet: drop a model file into the inbox folder of the registry, "
    "or run modelshelf register NAME FILE."
)


def models(total: int, *, more: bool) -> Content:
    """Return the title of the list of models."""
    count = f"{total:,}{'+' if more else ''}"
    return styled(("models", "strong"), (f" {count}" if total else "", "dim"))


def versions(line: Line | None) -> Content:
    """Return the title of the versions of a model."""
    if line is None:
        return Content("")
    model = line.model
    count = f" · {model.versions:,} version{'' if model.versions == 1 else 's'}"
    owner = f" · owner {model.owner}" if model.owner else ""
    about = f" · {safe(model.description, 120)}" if model.description else ""
    retired = " · retired" if model.retired else ""
    return styled((model.name, "strong"), (count + owner + retired + about, "dim"))


def found(answer: Found) -> Content:
    """Return the title of what a filter found."""
    total = answer.rows.total
    many = "s" if total != 1 else ""
    if answer.rows.more:
        return styled((f"the first {total:,} versions found", "strong"))
    among = len(answer.models)
    where = f" in {among:,} model{'' if among == 1 else 's'}" if total else ""
    return styled((f"{total:,} version{many} found", "strong"), (where, "dim"))


def marked(count: int) -> Content:
    """Return how many versions are marked, if any are."""
    return styled((f" · {count} marked", "accent")) if count else Content("")


def tabs(shown: Detail | None, tab: str) -> Content:
    """Return the title of the details: the version and the tabs, the one shown in the accent."""
    if shown is None:
        return Content("")
    names = [
        Content.assemble((name, STYLES["accent"] + " reverse" if name == tab else STYLES["dim"]))
        for name in details.NAMES
    ]
    version = shown.detail.version
    return Content.assemble((f"v{version.number}", "bold"), "  ", Content("  ").join(names))


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
