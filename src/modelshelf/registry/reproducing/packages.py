"""The packages of a recorded environment: exact pins, and what of an interpreter differs."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from modelshelf.domain.text import safe

if TYPE_CHECKING:
    from modelshelf.domain.provenance import Environment

OURSELVES = "modelshelf"
# What is neither is no pin, and might be an option of pip's. Source: PEP 508 and PEP 440.
_NAME = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?")
_VERSION = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9.!+_-]*[A-Za-z0-9])?")
_SAID_MOST = 50


def pins(environment: Environment | None) -> tuple[str, ...]:
    """Return the recorded packages as ``name==version``, Modelshelf left out."""
    packages = environment.packages if environment is not None else {}
    return tuple(
        f"{name}=={packages[name]}"
        for name in sorted(packages)
        if plain_name(name) != OURSELVES and _may_be_pinned(name, packages[name])
    )


def unpinned(environment: Environment) -> Iterator[str]:
    """Yield a sentence for each recorded package that cannot be installed by name and version."""
    for name, version in sorted(environment.packages.items()):
        if not _may_be_pinned(name, version):
            yield f"{safe(name, 80)} was {safe(version, 80)}, which is no version to install"


def differences(
    recorded: Environment | None, python: str, packages: Mapping[str, str]
) -> tuple[str, ...]:
    """Return what of an interpreter is not as it was recorded, a sentence each.

    Args:
        recorded: Where the version was trained.
        python: Version of the interpreter.
        packages: Versions of what is installed for it, by name.
    """
    if recorded is None:
        return ()
    found: list[str] = []
    if recorded.python and recorded.python != python:
        found.append(f"Python is {safe(python, 40)} and was {safe(recorded.python, 40)}")
    have = {plain_name(name): version for name, version in packages.items()}
    for name, version in sorted(recorded.packages.items()):
        now = have.get(plain_name(name))
        if plain_name(name) == OURSELVES or now == version:
            continue
        is_now = f"is {safe(now, 40)}" if now is not None else "is not installed"
        found.append(f"{safe(name, 80)} {is_now} and was {safe(version, 40)}")
    if len(found) > _SAID_MOST:
        more = len(found) - _SAID_MOST
        found = [*found[:_SAID_MOST], f"{more:,} more packages differ"]
    return tuple(found)


def plain_name(name: str) -> str:
    """Return the name of a package as indexes compare it; source: PEP 503."""
    return re.sub(r"[-_.]+", "-", name).lower()


def _may_be_pinned(name: str, version: str) -> bool:
    return bool(_NAME.fullmatch(name) and _VERSION.fullmatch(version))
