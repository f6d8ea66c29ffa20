"""How a version would be made again, and what of that is missing; nothing is fetched or run."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from modelshelf.domain.errors import Corrupt
from modelshelf.domain.reproduction import Known, Recipe
from modelshelf.domain.text import safe
from modelshelf.registry.reproducing.data import check_data
from modelshelf.registry.reproducing.packages import pins, unpinned
from modelshelf.registry.reproducing.sources import check_code, check_command
from modelshelf.registry.reproducing.steps import steps

if TYPE_CHECKING:
    from modelshelf.domain.models import VersionDetail
    from modelshelf.domain.provenance import Environment
    from modelshelf.registry.context import Context


def recipe(context: Context, reference: str) -> Recipe:
    """Return the recipe of a version; see ``Reproductions.recipe``.

    Raises:
        Corrupt: What was recorded was edited by another hand, and cannot be read.
    """
    return read(context, reference)[1]


def read(context: Context, reference: str) -> tuple[VersionDetail, Recipe]:
    """Return everything known about the version that ``reference`` names, and its recipe.

    Raises:
        Corrupt: It was edited by another hand, and cannot be read.
        Invalid, NotFound, Conflict: The reference does not name one version.
    """
    from modelshelf.registry.versions import Versions

    try:
        detail = Versions(context).detail(reference)
        return detail, _recipe(context, detail)
    except (TypeError, ValueError, AttributeError) as exc:
        raise Corrupt(
            f"what was recorded about {safe(reference, 120)} cannot be read",
            why=type(exc).__name__,
            hint="See modelshelf verify.",
            subject=safe(reference, 200),
        ) from exc


def _recipe(context: Context, detail: VersionDetail) -> Recipe:
    code, environment = detail.code, detail.environment
    params = detail.version.params
    return Recipe(
        detail.version.reference,
        (
            *check_code(context, code),
            check_command(code),
            *check_data(context, detail.datasets, environment),
            *_check_environment(environment),
            _check_params(len(params)),
        ),
        steps(context, detail),
        code,
        detail.datasets,
        environment,
        params,
    )


def _check_environment(environment: Environment | None) -> Iterator[Known]:
    if environment is None or not environment.python:
        why = "which Python it was is not recorded. Record the environment with its packages."
        yield Known("environment", "Python", "unknown", why)
    else:
        yield Known("environment", f"Python {safe(environment.python, 40)}", "there", "recorded")
    wanted = len(pins(environment))
    if wanted:
        count = "1 package" if wanted == 1 else f"{wanted:,} packages"
        yield Known("environment", count, "there", "each with its version")
    else:
        why = "none were recorded, so none are installed"
        yield Known("environment", "packages", "unchecked", why)
    for sentence in unpinned(environment) if environment is not None else ():
        yield Known("environment", "package", "missing", f"{sentence}. Record its version.")


def _check_params(count: int) -> Known:
    if not count:
        why = "none were recorded; those that stand in code and command count"
        return Known("parameters", "parameters", "unchecked", why)
    counted = "1 parameter" if count == 1 else f"{count:,} parameters"
    return Known("parameters", counted, "there", "recorded")
