"""What travels with a model, gathered from the stored bytes and the file system after the ingest.

What the caller says counts. Below that: a sidecar inside a folder artifact, its card, MLmodel,
adapter and model configuration, lock and requirements files, and what the format itself says. The
operating system says when, whose and from where. Each field remembers where it was read.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from modelshelf.domain.drop_names import INSIDE
from modelshelf.domain.errors import Conflict, Invalid, NotFound
from modelshelf.domain.inspection import Finding, Inspection
from modelshelf.domain.text import safe
from modelshelf.registry.arrival.arriving import open_content
from modelshelf.registry.arrival.os_facts import arrival_of
from modelshelf.registry.arrival.told import Told
from modelshelf.registry.arrival.told_files import READERS, card_head
from modelshelf.registry.naming import find_one
from modelshelf.registry.registering import check_stored

if TYPE_CHECKING:
    from modelshelf.domain.content import Content, FileEntry
    from modelshelf.domain.provenance import Details
    from modelshelf.registry.context import Context

FILE_MOST = 1024 * 1024
UNUSABLE = "travel.unusable"
"""The rule of a finding about a file beside the weights that could not be used."""

_NOTES_MOST = 50


def complete(
    context: Context, content: Content, inspection: Inspection, path: Path, given: Details
) -> tuple[Details, Inspection]:
    """Return ``given`` completed by what travels with the artifact, and what could not be used.

    Args:
        context: Where the bytes are stored.
        content: What was stored.
        inspection: What looking into it found.
        path: Where it was taken from.
        given: What the caller said about it.

    Raises:
        Invalid: The sidecar inside a folder artifact breaks a rule.
    """
    told = Told()
    if given.card:
        where = given.origins.get("card", "card")
        try:
            card_head(given.card, where, told)
        except Invalid as problem:
            told.unusable.append(f"{where}: {problem}")
    if content.kind == "folder":
        _read_files(context, content, told)
    _read_inspection(inspection, told)
    _settle_base(context, told, given)
    details = replace(told.under(given), arrival=arrival_of(path, context.call(path)))
    notes = tuple(
        Finding(UNUSABLE, "info", content.name, safe(sentence, 500))
        for sentence in told.unusable[:_NOTES_MOST]
    )
    return details, replace(inspection, findings=(*inspection.findings, *notes))


def _read_files(context: Context, content: Content, told: Told) -> None:
    files = {f.path: f for f in content.files}
    for name in INSIDE:
        if name in files and _is_small(files[name], told):
            _read_sidecar(files[name], _bytes(context, content, files[name]), told)
    by_folded = {f.path.casefold(): f for f in content.files}
    for name, read in READERS.items():
        entry = files.get(name) or (by_folded.get(name.casefold()) if name == "README.md" else None)
        if entry is None or not _is_small(entry, told):
            continue
        try:
            read(_bytes(context, content, entry), entry.path, told)
        except Invalid as problem:
            told.unusable.append(f"{entry.path}: {problem}")


def _is_small(entry: FileEntry, told: Told) -> bool:
    if entry.size <= FILE_MOST:
        return True
    told.unusable.append(f"{entry.path} has {entry.size:,} bytes, {FILE_MOST:,} are read")
    return False


def _read_sidecar(entry: FileEntry, data: bytes, told: Told) -> None:
    """Take a sidecar inside the artifact; unlike the other files, it was written for us."""
    from modelshelf.registry.arrival.sidecar import parse_sidecar

    for name, value in parse_sidecar(entry.path, data).items():
        if name in ("metrics", "params", "tags"):
            take = {"metrics": told.metric, "params": told.param, "tags": told.tag}[name]
            for key, each in value.items():
                take(key, each, entry.path)
        elif name == "datasets":
            for dataset in value:
                told.dataset(dataset, entry.path)
        elif name == "environment":
            told.environment(entry.path, python=value.python, packages=value.packages, others=value)
        else:
            told.one(name, value, entry.path)


def _bytes(context: Context, content: Content, entry: FileEntry) -> bytes:
    try:
        with open_content(context, content, entry) as opened:
            return opened.read(entry.size)
    except NotFound:
        check_stored(context, content)
        raise


def _read_inspection(inspection: Inspection, told: Told) -> None:
    where = f"{inspection.format} metadata"
    told.tag("license", inspection.license, where)
    if len(inspection.base_models) == 1:
        told.one("base", inspection.base_models[0], where)


def _settle_base(context: Context, told: Told, given: Details) -> None:
    """Keep a base that is a version of this registry; of any other, keep the words as a tag."""
    base = told.single.get("base")
    if base is None or given.base is not None:
        return
    try:
        find_one(context, str(base))
    except (Invalid, NotFound, Conflict):
        where = told.origins.pop("base")
        del told.single["base"]
        told.tag("base_model", str(base), where)
