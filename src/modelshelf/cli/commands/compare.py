"""The command that lays versions side by side: `compare`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from modelshelf.cli.command import command
from modelshelf.cli.session import Session
from modelshelf.cli.values import FOLDER, REFERENCE, Word

if TYPE_CHECKING:
    from collections.abc import Sequence

    from modelshelf.domain.probes import BehaviourComparison
    from modelshelf.domain.tensor_comparison import TensorComparison
    from modelshelf.registry import Registry


@command("compare", example="modelshelf compare churn@production churn:latest --only metrics")
@click.argument("references", nargs=-1, required=True, type=REFERENCE, metavar="REFERENCE...")
@click.option(
    "--baseline", type=REFERENCE, help="The one to measure against; by default the first."
)
@click.option(
    "--only", type=Word("section"), multiple=True, metavar="SECTION",
    help="Compare this section; repeatable.",
)  # fmt: skip
@click.option(
    "--changed/--all",
    default=True,
    help="Show what differs, which is the default, or what is the same too.",
)
@click.option("--tensors", is_flag=True, help="Read the tensors and compare value by value.")
@click.option(
    "--probe", type=Word("probe"), metavar="NAME", help="Compare what they answered to this probe."
)
@click.option(
    "--repository",
    type=FOLDER,
    metavar="DIR",
    help="Where git may know the commits; by default the current folder.",
)
@click.option("--markdown", is_flag=True, help="Write Markdown for a pull request.")
@click.pass_obj
def compare(
    session: Session,
    /,
    references: tuple[str, ...],
    *,
    changed: bool,
    markdown: bool,
    **asked: Any,  # noqa: ANN401 - click's own
) -> int:
    """Lay versions side by side: everything that is recorded, or some sections of it.

    Sections: metrics, params, tags, datasets, features, bases, code, run, environment, signature,
    files, format, weights, card, lineage, scan.

    The exit code is 0 when nothing differs and 1 when something does, as with diff.
    """
    repository = asked["repository"] or _repository_here()
    with session.open() as registry:
        found = registry.comparisons.compare(
            references, baseline=asked["baseline"], only=asked["only"], repository=repository
        )
        # An alias may move meanwhile; what is read now are the versions that were found.
        references, baseline = found.references, found.references[found.baseline]
        weighed = _tensors(session, registry, references, baseline) if asked["tensors"] else ()
        behaved = _behaviour(registry, references, asked["probe"], baseline)
    answer: dict[str, object] = {"comparison": found}
    if asked["tensors"]:
        answer["tensors"] = _finite(weighed)
    if asked["probe"]:
        answer["behaviour"] = _finite(behaved)
    shown: dict[str, Any] = {"changed": changed, "tensors": weighed, "behaviour": behaved}
    if markdown:
        from modelshelf.domain.comparison.markdown import markdown as lines

        session.show(answer, lambda _: lines(found, **shown))
    else:
        from modelshelf.cli.views.comparison import comparison

        session.show(answer, lambda to: comparison(to, found, **shown))
    differs = found.differs or any(one.differs for one in weighed)
    return int(differs or any(one.flips or one.only_one for one in behaved))


def _repository_here() -> Path | None:
    """Return the current folder, if it looks as if it were in a repository."""
    try:
        here = Path.cwd()
    except OSError:  # it was removed
        return None
    inside = any((folder / ".git").exists() for folder in (here, *here.parents))
    return here if inside else None


def _tensors(
    session: Session, registry: Registry, references: Sequence[str], baseline: str | None
) -> Sequence[TensorComparison]:
    with session.progress("comparing tensors") as progress:
        return registry.comparisons.tensors(references, baseline=baseline, progress=progress)


def _behaviour(
    registry: Registry, references: Sequence[str], probe: str | None, baseline: str | None
) -> Sequence[BehaviourComparison]:
    if probe is None:
        return ()
    return registry.comparisons.behaviour(references, probe, baseline=baseline)


def _finite(found: object) -> Any:  # noqa: ANN401 - JSON has no narrower type
    """Return plain values; numbers that JSON cannot write stand as text: ``inf``, ``nan``."""
    import math

    from modelshelf.domain.plain import plain

    def spell(value: Any) -> Any:  # noqa: ANN401 - JSON has no narrower type
        if isinstance(value, float) and not math.isfinite(value):
            return str(value)
        if isinstance(value, dict):
            return {key: spell(one) for key, one in value.items()}
        return [spell(one) for one in value] if isinstance(value, list) else value

    return spell(plain(found))


COMMANDS = {c.name: c for c in (compare,)}
