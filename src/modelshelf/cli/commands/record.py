"""Commands that register versions and what is known about them: `register`, `amend`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import click

from modelshelf.cli.command import command
from modelshelf.cli.session import Session
from modelshelf.cli.values import (
    FILE,
    MODEL,
    PAIR,
    REFERENCE,
    datasets,
    metrics,
    once,
)
from modelshelf.domain.errors import Invalid, Unavailable
from modelshelf.domain.provenance import CARD_MOST, Code, Environment, Run
from modelshelf.domain.text import safe, size_text

_F = TypeVar("_F", bound=Callable[..., Any])
_PAIRS: dict[str, Any] = {"type": PAIR, "multiple": True}
_BYTES_OF_A_CHARACTER = 4

_DETAILS = (
    click.option("--metric", metavar="NAME=NUMBER", help="A metric.", **_PAIRS),
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
        "--dataset", multiple=True, metavar="NAME[@VERSION][=sha256:HEX]",
        help="A data set it was trained on.",
    ),
    click.option(
        "--evaluated-on", multiple=True, metavar="NAME[@VERSION][=sha256:HEX]",
        help="A data set it was evaluated on.",
    ),
    click.option(
        "--environment", type=click.Choice(["current"]),
        help="Record this Python, this platform and its packages.",
    ),
    click.option("--package", metavar="NAME=VERSION", help="A package it was made with.", **_PAIRS),
    click.option("--base", type=REFERENCE, metavar="REFERENCE", help="What it was made from."),
)  # fmt: skip


def details(function: _F) -> _F:
    """Give a command the options of everything that may be recorded about a version."""
    for option in reversed(_DETAILS):
        function = option(function)
    return function


def read_details(given: dict[str, Any]) -> dict[str, Any]:
    """Return the options of :func:`details` as the registry's keywords; what was not given is out.

    Raises:
        Invalid: A value cannot be read.
        Unavailable: The model card cannot be read.
    """
    found = {
        "metrics": metrics(given["metric"]),
        "params": once("parameter", given["param"]),
        "tags": once("tag", given["tag"]),
        "description": given["description"],
        "card": None if given["card"] is None else _card(given["card"]),
        "run": _run(given["run"], given["run_url"]),
        "code": _code(given),
        "datasets": [
            *datasets(given["dataset"], "trained_on"),
            *datasets(given["evaluated_on"], "evaluated_on"),
        ],
        "environment": _environment(given["environment"], once("package", given["package"])),
        "base": given["base"],
    }
    return {
        name: value for name, value in found.items() if value is not None and value not in ({}, [])
    }


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
    recorded = read_details(given)
    with (
        session.open() as registry,
        session.progress("storing", undone="nothing was registered") as progress,
    ):
        done = registry.versions.register(
            model, path, **recorded, force_new=force_new, in_place=in_place, progress=progress
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
    recorded = read_details(given)
    with session.open() as registry:
        version = registry.versions.amend(reference, **recorded)
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
    parts = (given["code_repository"], given["code_commit"], given["dirty"], given["entry"])
    return None if all(part is None for part in parts) else Code(*parts)


def _environment(which: str | None, packages: dict[str, str]) -> Environment | None:
    if which is None:
        return Environment(packages=packages) if packages else None
    import importlib.metadata
    import platform

    installed = {
        d.name: d.version for d in importlib.metadata.distributions() if d.name and d.version
    }
    every = dict(sorted(installed.items())) | packages
    return Environment(platform.python_version(), platform.platform(), every)


COMMANDS = {c.name: c for c in (register, amend)}
