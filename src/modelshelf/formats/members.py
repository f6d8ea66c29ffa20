"""Looks into each file of a folder and adds up what was found; the worst verdict wins."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace

from modelshelf.domain.inspection import Finding, Inspection
from modelshelf.formats import findings as say
from modelshelf.formats.looking import Look
from modelshelf.formats.source import Source, SourceFile

_MOST_FILES = 10_000
_MOST_LISTED = 20
NO_MODELS = frozenset({"unknown", "archive"})

Member = tuple[SourceFile, Inspection]


@dataclass(frozen=True, slots=True)
class WithMembers:
    """A folder's inspection, and those of its files that went into it."""

    inspection: Inspection
    members: tuple[Member, ...]


def with_members(own: Inspection, source: Source, look: Look) -> WithMembers:
    """Add the files of a folder to what its family says about it.

    Args:
        own: What the folder's own description says.
        source: The folder.
        look: Looks into one file.
    """
    members = tuple((file, look(source.member(file))) for file in source.files[:_MOST_FILES])
    models = [each for _, each in members if each.format not in NO_MODELS]
    found = [*own.findings, *_about_folder(source)]
    found += (finding for _, each in members for finding in _relevant(each, members))
    finished = len(source.files) <= _MOST_FILES
    verdicts = [own.verdict, say.judge(found, finished=finished)]
    verdicts += (each.verdict for _, each in members if each.verdict in {"incomplete", "dangerous"})
    inspection = replace(
        own,
        parameters=_total(models, lambda each: each.parameters),
        tensors=_total(models, lambda each: each.tensors),
        verdict=say.worst(verdicts),
        findings=tuple(found),
        mismatch=" ".join(
            f"{file.path}: {each.mismatch}" for file, each in members if each.mismatch
        ),
    )
    return WithMembers(inspection, members)


def main_member(members: Iterable[Member]) -> Member | None:
    """Return the model among the files of a folder, of several the largest."""
    models = [member for member in members if member[1].format not in NO_MODELS]
    return max(models, key=lambda member: member[0].size, default=None)


def _total(models: list[Inspection], count: Callable[[Inspection], int | None]) -> int | None:
    counted = [value for each in models if (value := count(each)) is not None]
    return sum(counted) if counted else None


def _relevant(each: Inspection, members: tuple[Member, ...]) -> Iterable[Finding]:
    """Return a file's findings; weights that a model refers to are known through that model."""
    stored = {
        finding.where
        for _, other in members
        for finding in other.findings
        if finding.rule == "onnx.external_data"
    }
    if not stored:
        return each.findings
    return (f for f in each.findings if not (f.rule == "unknown.format" and f.where in stored))


def _about_folder(source: Source) -> Iterable[Finding]:
    if source.irregular:
        names = ", ".join(source.irregular[:_MOST_LISTED])
        detail = f"{len(source.irregular):,} links, pipes or devices are not part of it: {names}"
        yield say.warning("folder.irregular", source.name, detail)
    if len(source.files) > _MOST_FILES:
        detail = f"of {len(source.files):,} files the first {_MOST_FILES:,} were looked into"
        yield say.warning("folder.limit", source.name, detail)
