"""What every stage asks, whether the policy names a gate or not: how many, usable, and safe."""

from __future__ import annotations

from typing import TYPE_CHECKING

from modelshelf.domain.gates.saying import Answer
from modelshelf.domain.text import safe

if TYPE_CHECKING:
    from modelshelf.domain.models import ModelVersion
    from modelshelf.domain.policy import Stage


def holders(stage: Stage, count: int) -> Answer:
    """Say whether ``count`` versions may hold the stage together."""
    alone = stage.holders == "one"
    many = count > 1
    return Answer(
        "fail" if many and alone else "pass",
        f"{count} versions" if many else "1 version",
        "one version" if alone else "one or several versions",
        f"{stage.name} is held by one version at a time"
        if many and alone
        else f"{stage.name} may be held so",
    )


def usable(version: ModelVersion) -> Answer:
    """Say whether a version may be used at all."""
    if version.freed:
        return Answer("fail", "freed", "in use", f"the bytes of {version.reference} were freed")
    if version.yanked is not None:
        said = f"{version.reference} is yanked: {safe(version.yanked)}"
        return Answer("fail", "yanked", "in use", said)
    return Answer("pass", "in use", "in use", f"{version.reference} may be used")


def scanned(version: ModelVersion) -> Answer:
    """Judge what the scan found: unsafe bytes, and code that nobody has vouched for."""
    name, required = version.reference, "nothing unsafe, and no code that nobody vouched for"
    if version.verdict in ("dangerous", "incomplete") and not version.released:
        message = f"the scan of {name} says {version.verdict}"
    elif version.unvouched:
        message = (
            f"loading {name} uses code that nobody has vouched for:"
            f" look at it with modelshelf show {name}, then modelshelf vouch {name}"
        )
    elif version.released:
        message = f"the scan of {name} says {version.verdict}, and it was released with a reason"
        return Answer("pass", version.verdict, required, message)
    else:
        return Answer("pass", version.verdict, required, f"the scan of {name} stands")
    observed = "unknown globals" if version.unvouched else version.verdict
    return Answer("fail", observed, required, message)
