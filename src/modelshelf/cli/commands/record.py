"""Commands that register versions and what is known about them: `register`, `amend`."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from modelshelf.cli.command import command
from modelshelf.cli.session import Session
from modelshelf.cli.values import (
    FILE,
    FOLDER,
    MODEL,
    PAIR,
    REFERENCE,
    datasets,
    directions,
    metrics,
    once,
    views,
    words,
)
from modelshelf.domain.errors import Invalid, Unavailable
from modelshelf.domain.provenance import CARD_MOST, Code, Environment, Run
from modelshelf.domain.text import safe, size_text
from modelshelf.domain.things import is_outside

if TYPE_CHECKING:
    from modelshelf.capture.code import Found
    from modelshelf.registry.handle import Registry

_F = TypeVar("_F", bound=Callable[..., Any])
_PAIRS: dict[str, Any] = {"type": PAIR, "multiple": True}
_BYTES_OF_A_CHARACTER = 4
_DATASET = "PATH|URL|NAME[@VERSION][=sha256:HEX]"

_DETAILS = (
    click.option("--metric", metavar="NAME=NUMBER", help="A metric.", **_PAIRS),
    click.option(
        "--direction", metavar="NAME=higher|lower", help="Which direction of a metric is better.",
        **_PAIRS,
    ),
    click.option("--param", metavar="NAME=VALUE", help="A parameter.", **_PAIRS),
    click.option("--tag", metavar="NAME=VALUE", help="A tag.", **_PAIRS),
    click.option("--description", metavar="TEXT", help="A description."),
    click.option("--card", type=FILE, metavar="FILE", help="A model card, Markdown."),
    click.option("--run", metavar="ID", help="The training run's id."),
    click.option("--run-url", metavar="URL", help="Where to see the run."),
    click.option("--code-repository", metavar="URL", help="The source's repository."),
    click.option("--code-commit", metavar="HEX", help="The source's commit."),
    click.option("--entry", metavar="PATH", help="The script that was run."),
    click.option("--dirty/--clean", default=None, help="Whether the source had changes."),
    click.option(
        "--git", type=FOLDER, metavar="[DIR]", is_flag=False, flag_value=".",
        help="Record repository, commit and uncommitted changes of a git work tree.",
    ),
    click.option("--command", metavar="WORDS", help="The command that was run, in quotes."),
    click.option(
        "--dataset", multiple=True, metavar=_DATASET, help="A data set it was trained on.",
    ),
    click.option(
        "--evaluated-on", multiple=True, metavar=_DATASET, help="A data set it was evaluated on.",
    ),
    click.option(
        "--features", multiple=True, metavar="[STORE/]NAME[@VERSION]",
        help="A feature view whose features it takes.",
    ),
    click.option(
        "--environment", type=click.Choice(["current"]),
        help="Record this Python, this platform and its packages.",
    ),
    click.option("--lock", type=FILE, metavar="FILE", help="A lock file with its packages."),
    click.option("--package", metavar="NAME=VERSION", help="A package it was made with.", **_PAIRS),
    click.option(
        "--base", type=REFERENCE, multiple=True, metavar="REFERENCE",
        help="What it was made from; hf:ORG/NAME@REVISION for a model elsewhere.",
    ),
)  # fmt: skip


def details(function: _F) -> _F:
    """Give a command the options of everything that may be recorded about a version."""
    for option in reversed(_DETAILS):
        function = option(function)
    return function


def read_details(session: Session, given: dict[str, Any]) -> dict[str, Any]:
    """Return the options of :func:`details` as the registry's keywords; what was not given is out.

    Raises:
        Invalid, NotFound: A value cannot be read.
        Unavailable: The model card, a lock file or data cannot be read.
    """
    found = {
        **_bases(given["base"]),
        "metrics": metrics(given["metric"]),
        "params": once("parameter", given["param"]),
        "tags": once("tag", given["tag"]),
        "description": given["description"],
        "card": None if given["card"] is None else _card(given["card"]),
        "run": _run(given["run"], given["run_url"]),
        "code": _code(given),
        "datasets": [
            *datasets(given["dataset"], "trained_on", session.warn),
            *datasets(given["evaluated_on"], "evaluated_on", session.warn),
        ],
        "features": views(given["features"]),
        "metric_sources": directions(given["direction"]),
        "environment": _environment(
            given["environment"], given["lock"], once("package", given["package"])
        ),
    }
    return {
        name: value for name, value in found.items() if value is not None and value not in ({}, [])
    }


def with_git(registry: Registry, recorded: dict[str, Any], found: Found | None) -> dict[str, Any]:
    """Return what is recorded with the code that ``--git`` found; options of their own count more.

    Raises:
        ModelshelfError: The uncommitted changes cannot be stored.
    """
    if found is None:
        return recorded
    code, told = found.stored(registry.reproductions.keep), recorded.get("code") or Code()
    changed = {
        name: value for name in Code.__slots__ if (value := getattr(told, name)) not in (None, ())
    }
    return {**recorded, "code": replace(code, **changed)}


def look_at_git(session: Session, folder: str | None) -> Found | None:
    """Return the code of the git work tree that ``--git`` names.

    Raises:
        Invalid: There is no git repository.
    """
    if folder is None:
        return None
    from modelshelf.capture.code import code_at

    return code_at(Path(folder), session.warn)


@command(
    "register",
    example="modelshelf register churn model.onnx --metric auc=0.91 --param lr=0.1 --tag team=risk",
)
@click.argument("model", type=MODEL)
@click.argument("path", type=FILE)
@details
@click.option("--force-new", is_flag=True, help="A new version even of content that is known.")
@click.option(
    "--in-place", is_flag=True, help="Leave the bytes where they are, store digests only."
)
@click.pass_obj
def register(
    session: Session,
    /,
    model: str,
    path: str,
    *,
    force_new: bool,
    in_place: bool,
    **given: Any,  # noqa: ANN401 - see details
) -> None:
    """Register a file or folder as the next version of a model; the first one makes the model."""
    recorded, code = read_details(session, given), look_at_git(session, given["git"])
    with (
        session.open() as registry,
        session.progress("storing", undone="nothing was registered") as progress,
    ):
        whole = with_git(registry, recorded, code)
        done = registry.versions.register(
            model, path, **whole, force_new=force_new, in_place=in_place, progress=progress
        )
    version = done.version
    session.show({"version": version, "created": done.created}, lambda _to: [version.reference])
    if done.created:
        session.say(
            f"Registered {version.reference}: {version.format}, {size_text(version.size)}, "
            f"scan {version.verdict}."
        )
    else:
        session.say(f"{version.reference} holds this content already; nothing was registered.")


@command("amend", example="modelshelf amend churn:v3 --metric auc=0.93 --card card.md")
@click.argument("reference", type=REFERENCE)
@details
@click.pass_obj
def amend(session: Session, /, reference: str, **given: Any) -> None:  # noqa: ANN401 - see details
    """Add metadata to a version; what is named replaces what was there, the bytes stay."""
    recorded, code = read_details(session, given), look_at_git(session, given["git"])
    with session.open() as registry:
        version = registry.versions.amend(reference, **with_git(registry, recorded, code))
    session.show({"version": version}, lambda _to: [version.reference])
    session.say(f"Amended {version.reference}.")


def _card(path: str) -> str:
    try:
        with open(path, "rb") as file:  # noqa: PTH123 - a path of any bytes
            data = file.read(CARD_MOST * _BYTES_OF_A_CHARACTER + 1)
        return data.decode()
    except OSError as exc:
        what = f"the model card {safe(path, 80)} cannot be read"
        raise Unavailable(what, why=exc.strerror or "", subject=safe(path)) from exc
    except UnicodeDecodeError as exc:
        raise Invalid(
            f"the model card {safe(path, 80)} is not UTF-8 text", why=str(exc), subject=safe(path)
        ) from exc


def _run(run: str | None, url: str | None) -> Run | None:
    if run is None and url is not None:
        raise Invalid("--run-url is given without --run", hint="Name the run with --run ID.")
    return None if run is None else Run(run, url)


def _code(given: dict[str, Any]) -> Code | None:
    code = Code(
        given["code_repository"], given["code_commit"], given["dirty"], given["entry"],
        command=() if given["command"] is None else words(given["command"]),
    )  # fmt: skip
    return None if code == Code() else code


def _bases(references: tuple[str, ...]) -> dict[str, Any]:
    """Return the first registered version as the base, and what else it was made from."""
    base = next((each for each in references if not is_outside(each)), None)
    return {"base": base, "bases": [each for each in references if each != base]}


def _environment(
    which: str | None, lock: str | None, packages: dict[str, str]
) -> Environment | None:
    told = Environment()
    if lock is not None:
        from modelshelf.capture.lock import read_lock

        told = read_lock(Path(lock))
    if which is not None:
        from modelshelf.surroundings.environment import here, installed

        own = here(modules=())
        told = replace(own, packages=told.packages if lock is not None else installed())
    told = replace(told, packages={**told.packages, **packages})
    return None if told == Environment() else told


COMMANDS = {c.name: c for c in (register, amend)}
