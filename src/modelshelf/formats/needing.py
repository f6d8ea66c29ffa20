"""Which files belong together by their own account, and which of them are not there."""

from __future__ import annotations

import posixpath
from collections.abc import Iterable
from dataclasses import replace

from modelshelf.domain.inspection import Inspection
from modelshelf.formats import findings as say
from modelshelf.formats.containers.names import leaves_folder
from modelshelf.formats.interface import Inspector, Needing
from modelshelf.formats.looking import choose
from modelshelf.formats.source import Source

_MOST_FILES = 10_000
_MOST_NAMES = 10_000
_LISTED = 20


def needs(source: Source, inspectors: Iterable[Inspector]) -> tuple[str, ...]:
    """Return the other files that ``source`` names as its own, there or not, sorted.

    For a folder these are what its family names and what each of its files names, as paths in that
    folder; for a file, paths in the folder that it lies in. A folder is needed by its own path. A
    part that cannot be read needs nothing, and a name that leads out is not returned.
    """
    every = tuple(inspectors)
    found = set(_named(source, every))
    if source.kind == "folder":
        for file in source.files[:_MOST_FILES]:
            beside = posixpath.dirname(file.path)
            names = _named(source.member(file), every)
            found.update(posixpath.join(beside, name) for name in names)
    return tuple(sorted(found)[:_MOST_NAMES])


def missing(source: Source, inspectors: Iterable[Inspector]) -> tuple[str, ...]:
    """Return what :func:`needs` names and neither the folder nor the file's siblings hold."""
    held = held_by(source)
    return tuple(name for name in needs(source, inspectors) if name not in held)


def with_missing(
    found: Inspection, source: Source, inspectors: tuple[Inspector, ...]
) -> Inspection:
    """Return the inspection of a folder with a warning when files that it names are missing."""
    absent = missing(source, inspectors) if source.kind == "folder" else ()
    if not absent:
        return found
    listed = ", ".join(absent[:_LISTED])
    finding = say.warning("folder.missing", source.name, f"{len(absent):,} missing: {listed}")
    findings = (*found.findings, finding)
    verdict = say.worst((found.verdict, "warning"))
    return replace(found, findings=findings, verdict=verdict)


def _named(source: Source, inspectors: tuple[Inspector, ...]) -> list[str]:
    try:
        inspector = choose(source, inspectors)
        names = inspector.needs(source) if isinstance(inspector, Needing) else ()
        inside = [posixpath.normpath(name) for name in names if not leaves_folder(name)]
    except Exception:  # noqa: BLE001 - looking says what is wrong with it; here it only says nothing
        return []
    return [name for name in inside if name != "."]


def held_by(source: Source) -> set[str]:
    """Return the paths that are there, of folders too, as :func:`needs` would call them."""
    folder = "" if source.kind == "folder" else posixpath.dirname(source.only.path)
    prefix = f"{folder}/" if folder else ""
    held: set[str] = set()
    for file in (*source.files, *source.siblings):
        path = file.path.removeprefix(prefix) if file.path.startswith(prefix) else ""
        while path and path not in held:
            held.add(path)
            path = posixpath.dirname(path)
    return held
