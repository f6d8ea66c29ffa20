"""Looks into each file of a folder and adds up what was found; the worst verdict wins."""

from __future__ import annotations

import posixpath
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace

from modelshelf.domain.inspection import Finding, Inspection
from modelshelf.formats import findings as say
from modelshelf.formats.dtypes import COUNTED
from modelshelf.formats.interface import Inspector, Placed, Weighing
from modelshelf.formats.looking import Look, choose, look
from modelshelf.formats.needing import needs
from modelshelf.formats.shards import main_weights, one_set
from modelshelf.formats.source import Source, SourceFile

_MOST_FILES = 10_000
_MOST_LISTED = 20
NO_MODELS = frozenset({"unknown", "archive", "index"})

Member = tuple[SourceFile, Inspection]


@dataclass(frozen=True, slots=True)
class FileLook:
    """Looks into the files of a folder: what they are, what they need, where their tensors lie.

    Attributes:
        inspectors: Those of single files.
    """

    inspectors: tuple[Inspector, ...]

    def __call__(self, source: Source) -> Inspection:
        """Return what is inside."""
        return look(source, self.inspectors)

    def needs(self, source: Source) -> tuple[str, ...]:
        """Return the other files that it names, relative to the folder that it lies in."""
        return needs(source, self.inspectors)

    def family(self, source: Source) -> str:
        """Return the name of the inspector that would look into it."""
        return choose(source, self.inspectors).name

    def tensors(self, source: Source) -> tuple[Placed, ...]:
        """Return where its tensors lie; there are none when its family stores none."""
        inspector = choose(source, self.inspectors)
        return tuple(inspector.tensors(source)) if isinstance(inspector, Weighing) else ()


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
    known = _known_through_others(members, source, look)
    found = [*own.findings, *_about_folder(source)]
    for file, each in members:
        found += (f for f in each.findings if f.rule != "unknown.format" or file.path not in known)
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
        base_models=_together(own.base_models, (each.base_models for each in models)),
        needs_code=_together(own.needs_code, (each.needs_code for each in models)),
    )
    return WithMembers(inspection, members)


def main_member(members: Iterable[Member]) -> Member | None:
    """Return the model among the files of a folder, of several the largest."""
    models = [member for member in members if member[1].format not in NO_MODELS]
    return max(models, key=lambda member: member[0].size, default=None)


def filled(own: Inspection, model: Inspection) -> Inspection:
    """Return ``own`` with what it does not say itself said by the model inside."""
    return replace(
        own,
        framework=own.framework or model.framework,
        version=own.version or model.version,
        producer=own.producer or model.producer,
        architecture=own.architecture or model.architecture,
        quantization=own.quantization or model.quantization,
        license=own.license or model.license,
        inputs=own.inputs or model.inputs,
        outputs=own.outputs or model.outputs,
    )


def counted_once(found: WithMembers) -> Inspection:
    """Count the main weights of a folder only: other files hold the same weights again."""
    formats = {file.path: each.format for file, each in found.members}
    chosen = _main([file for file, _ in found.members], formats)
    weights = [each for file, each in found.members if file.path in chosen]
    if not weights:
        return found.inspection
    note = next((each.metadata[COUNTED] for each in weights if COUNTED in each.metadata), "")
    return replace(
        found.inspection,
        parameters=_total(weights, lambda each: each.parameters),
        tensors=_total(weights, lambda each: each.tensors),
        metadata={**found.inspection.metadata, **({COUNTED: note} if note else {})},
    )


def placed(source: Source, look: FileLook, *, once: bool = False) -> Iterator[Placed]:
    """Yield where the tensors of a folder's files lie.

    Their names have their file in front, unless one file holds them all or the files are the parts
    of one set.

    Args:
        source: The folder.
        look: Looks into one file.
        once: Only those of the main weights, as :func:`counted_once` counts them.
    """
    files = source.files[:_MOST_FILES]
    if once:
        formats = {file.path: look.family(source.member(file)) for file in files}
        chosen = _main(files, formats)
        files = tuple(file for file in files if file.path in chosen)
    parts = [(file.path, part) for file in files if (part := look.tensors(source.member(file)))]
    names = [each.name for _, part in parts for each in part]
    together = one_set([path for path, _ in parts]) and len(set(names)) == len(names)
    for path, part in parts:
        for each in part:
            yield each if together else replace(each, name=f"{path}:{each.name}")


def _main(files: Iterable[SourceFile], formats: Mapping[str, str]) -> set[str]:
    models = {path: each for path, each in formats.items() if each not in NO_MODELS}
    return set(main_weights(models, {file.path: file.size for file in files}))


def _total(models: list[Inspection], count: Callable[[Inspection], int | None]) -> int | None:
    counted = [value for each in models if (value := count(each)) is not None]
    return sum(counted) if counted else None


def _together(own: tuple[str, ...], others: Iterable[tuple[str, ...]]) -> tuple[str, ...]:
    """Return all names once, those of the folder first."""
    return tuple(dict.fromkeys([*own, *(name for names in others for name in names)]))


def _known_through_others(members: tuple[Member, ...], source: Source, look: Look) -> set[str]:
    """Return the unrecognised files that a model names as its weights."""
    if not isinstance(look, FileLook):
        return set()
    if not any(f.rule == "unknown.format" for _, each in members for f in each.findings):
        return set()
    known: set[str] = set()
    for file, each in members:
        if each.format not in NO_MODELS:
            beside = posixpath.dirname(file.path)
            known.update(posixpath.join(beside, n) for n in look.needs(source.member(file)))
    return known


def _about_folder(source: Source) -> Iterable[Finding]:
    if source.irregular:
        names = ", ".join(source.irregular[:_MOST_LISTED])
        detail = f"{len(source.irregular):,} links, pipes or devices are not part of it: {names}"
        yield say.warning("folder.irregular", source.name, detail)
    if len(source.files) > _MOST_FILES:
        detail = f"of {len(source.files):,} files the first {_MOST_FILES:,} were looked into"
        yield say.warning("folder.limit", source.name, detail)
