"""A plain folder: every file looked into, and the folder named after its main model."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import ClassVar

from modelshelf.domain.content import ContentKind
from modelshelf.domain.inspection import Inspection
from modelshelf.formats.interface import LAST
from modelshelf.formats.looking import Look
from modelshelf.formats.members import NO_MODELS, main_member, with_members
from modelshelf.formats.source import Source


@dataclass(frozen=True, slots=True)
class PlainFolder:
    """Any folder.

    Attributes:
        look: Looks into one file.
    """

    look: Look
    name: ClassVar[str] = "folder"
    kind: ClassVar[ContentKind] = "folder"

    def sniff(self, head: bytes, source: Source) -> int:  # noqa: ARG002 - the interface
        """See :meth:`Inspector.sniff`: last of all."""
        return LAST

    def inspect(self, source: Source) -> Inspection:
        """See :meth:`Inspector.inspect`."""
        found = with_members(Inspection(self.name), source, self.look)
        main = main_member(found.members)
        if main is None:
            return found.inspection
        formats = {each.format for _, each in found.members} - NO_MODELS
        _, model = main
        return replace(
            found.inspection,
            format=model.format if len(formats) == 1 else self.name,
            framework=model.framework,
            inputs=model.inputs,
            outputs=model.outputs,
            metadata=model.metadata,
        )
