"""Core ML packages: a folder with a manifest, the model, and the weights of its program."""

from __future__ import annotations

import posixpath
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import ClassVar

from modelshelf.domain.content import ContentKind
from modelshelf.domain.inspection import Inspection
from modelshelf.formats.containers.names import leaves_folder
from modelshelf.formats.interface import CERTAIN, Placed
from modelshelf.formats.members import FileLook, filled, with_members
from modelshelf.formats.source import Source, SourceFile
from modelshelf.formats.strict_json import parse_object
from modelshelf.formats.trouble import LimitReached, Malformed

_MANIFEST, _DATA = "Manifest.json", "Data"
_ENTRIES, _ROOT = "itemInfoEntries", "rootModelIdentifier"
_MOST = 1024 * 1024


@dataclass(frozen=True, slots=True)
class MlPackage:
    """Source of the format: modelpackage in coremltools.

    Attributes:
        look: Looks into one file.
    """

    look: FileLook
    name: ClassVar[str] = "coreml"
    kind: ClassVar[ContentKind] = "folder"

    def sniff(self, head: bytes, source: Source) -> int:  # noqa: ARG002 - the interface
        """See :meth:`Inspector.sniff`: a manifest that names its model."""
        if source.file(_MANIFEST) is None:
            return 0
        named = source.name.lower().endswith(".mlpackage")
        return CERTAIN - 1 if named or {_ENTRIES, _ROOT} <= _manifest(source).keys() else 0

    def inspect(self, source: Source) -> Inspection:
        """See :meth:`Inspector.inspect`."""
        main = _main(source)
        looked = with_members(Inspection(self.name), source, self.look)
        model = next(each for file, each in looked.members if file == main)
        return replace(
            filled(looked.inspection, model),
            parameters=model.parameters,
            tensors=model.tensors,
            metadata=model.metadata,
        )

    def tensors(self, source: Source) -> Iterable[Placed]:
        """See :meth:`Weighing.tensors`."""
        return self.look.tensors(source.member(_main(source)))

    def needs(self, source: Source) -> tuple[str, ...]:
        """See :meth:`Needing.needs`: the files and folders that the manifest lists."""
        paths = (path for _, path in _entries(_manifest(source)))
        return tuple(sorted(path for path in paths if not leaves_folder(path)))


def _manifest(source: Source) -> dict[str, object]:
    file = source.file(_MANIFEST)
    if file is None or file.size > _MOST:
        raise LimitReached(f"{_MANIFEST} has more than {_MOST:,} bytes")
    with file.open() as opened:
        return parse_object(opened.read(_MOST))


def _entries(manifest: dict[str, object]) -> Iterator[tuple[str, str]]:
    """Yield the identifier of each item with its path in the package."""
    entries = manifest.get(_ENTRIES)
    for identifier, entry in entries.items() if isinstance(entries, dict) else ():
        path = entry.get("path") if isinstance(entry, dict) else None
        if not isinstance(path, str):
            raise Malformed(f"the item {identifier[:80]!r} of the package has no path")
        yield identifier, posixpath.join(_DATA, path)


def _main(source: Source) -> SourceFile:
    manifest = _manifest(source)
    path = dict(_entries(manifest)).get(str(manifest.get(_ROOT)), "")
    file = source.file(path)
    if file is None:
        raise Malformed(f"the package's model {path!r} is not in it")
    return file
