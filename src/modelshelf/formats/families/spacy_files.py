"""The files that only spaCy writes: MessagePack with tables, weights and whole models of others."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace

from modelshelf.domain.inspection import Inspection
from modelshelf.formats import findings as say
from modelshelf.formats.containers.section import stored_member
from modelshelf.formats.containers.zipped import STORED, Member
from modelshelf.formats.members import FileLook
from modelshelf.formats.msgpack import runs
from modelshelf.formats.reading import Reader
from modelshelf.formats.source import Source, SourceFile
from modelshelf.formats.trouble import Cut, LimitReached, Malformed

_ARRAY = re.compile(r"[<>|=]?[a-zA-Z](\d{1,3})")
_SHORTEST_MODEL = 16
_MOST_MODELS = 200
_DEEPEST = 2  # PyTorch's weights lie in a MessagePack value inside of the one of the file
_UNKNOWN = frozenset({"unknown.format", "unknown.hidden_zip"})  # PyTorch's zip may stand at the end
_THINC = b"\x84\xa5nodes"  # how Thinc, which is spaCy's library of networks, begins a model
_MAPS = frozenset({*range(0x80, 0x90), 0xDE, 0xDF})


@dataclass(slots=True)
class _Count:
    parameters: int = 0
    tensors: int = 0


@dataclass(frozen=True, slots=True)
class SpacyLook(FileLook):
    """Looks into the files of a spaCy folder, also into those that no other family knows."""

    def __call__(self, source: Source) -> Inspection:
        """Return what is inside.

        Weights in NumPy's form are counted. Any other bytes may be handed to another library when
        the model is loaded, ``torch.load`` among them, so they are looked into as files.
        """
        found = FileLook.__call__(self, source)
        if not any(each.rule in _UNKNOWN for each in found.findings):
            return found
        counted = _Count()
        try:
            with Reader.of(source.only) as reader:
                parts = [*_parts(reader, reader.size, source.only, counted, 0)]
            inner = [*self._models(source.name, parts)]
        except Malformed as error:
            if not isinstance(error, Cut) or source.head(len(_THINC)) != _THINC:
                return found  # no MessagePack
            cut = say.dangerous("spacy.cut", source.name, error.detail)
            return replace(found, format="thinc", verdict="dangerous", findings=(cut,))
        except LimitReached as error:
            limit = say.warning("spacy.limit", source.name, error.detail)
            return replace(found, verdict="incomplete", findings=(limit,))
        return replace(
            found,
            format="thinc" if counted.tensors or inner else found.format,
            parameters=counted.parameters + sum(one.parameters or 0 for one in inner),
            tensors=counted.tensors + sum(one.tensors or 0 for one in inner),
            verdict=say.worst(one.verdict for one in inner),
            findings=tuple(each for one in inner for each in one.findings),
        )

    def _models(self, name: str, parts: list[SourceFile]) -> Iterator[Inspection]:
        found = 0
        for part in parts:
            source = Source(f"{name}: {part.path}", "file", (part,))
            if self.family(source) == "unknown":
                continue
            found += 1
            if found > _MOST_MODELS:
                raise LimitReached(f"it holds more than {_MOST_MODELS} models")
            yield FileLook.__call__(self, source)


def _parts(
    reader: Reader, end: int, file: SourceFile, counted: _Count, depth: int
) -> Iterator[SourceFile]:
    """Yield the bytes that are no arrays, and count the arrays on the way."""
    before, dtype = "", ""
    for run in runs(reader, end):
        array = _ARRAY.fullmatch(dtype) if before == "data" else None
        if array:
            counted.parameters += run.length // max(int(array[1]), 1)
            counted.tensors += 1
        elif run.binary and run.length >= _SHORTEST_MODEL:
            yield from _opened(reader, (run.start, run.length), file, counted, depth)
        dtype = run.text if before == "type" else dtype
        before = run.text


def _opened(
    reader: Reader, place: tuple[int, int], file: SourceFile, counted: _Count, depth: int
) -> Iterator[SourceFile]:
    """Yield what lies inside a run of bytes when it is MessagePack itself, else the run."""
    start, length = place
    reader.seek(start)
    if depth < _DEEPEST and reader.peek(1)[0] in _MAPS:
        within = _Count()
        try:
            parts = [*_parts(reader, start + length, file, within, depth + 1)]
        except Malformed:
            pass
        else:
            counted.parameters += within.parameters
            counted.tensors += within.tensors
            yield from parts
            return
    name = f"bytes {start:,} to {start + length:,}"
    yield stored_member(file, Member(name, STORED, 0, length, length, start))
