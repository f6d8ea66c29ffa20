"""A plain folder: every file looked into, and the folder named after its main model."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import ClassVar

from modelshelf.domain.content import ContentKind
from modelshelf.domain.inspection import Inspection
from modelshelf.formats import findings as say
from modelshelf.formats.card import read_card
from modelshelf.formats.interface import LAST, Placed
from modelshelf.formats.members import (
    NO_MODELS,
    FileLook,
    filled,
    main_member,
    placed,
    with_members,
)
from modelshelf.formats.source import Source


@dataclass(frozen=True, slots=True)
class PlainFolder:
    """Any folder.

    Attributes:
        look: Looks into one file.
    """

    look: FileLook
    name: ClassVar[str] = "folder"
    kind: ClassVar[ContentKind] = "folder"

    def sniff(self, head: bytes, source: Source) -> int:  # noqa: ARG002 - the interface
        """See :meth:`Inspector.sniff`: last of all."""
        return LAST

    def inspect(self, source: Source) -> Inspection:
        """See :meth:`Inspector.inspect`."""
        card = read_card(source)
        own = Inspection(
            self.name,
            license=card.license,
            base_models=card.base_models,
            metadata=card.metadata,
            verdict=say.judge(card.findings),
            findings=card.findings,
        )
        found = with_members(own, source, self.look)
        main = main_member(found.members)
        if main is None:
            return found.inspection
        formats = {each.format for _, each in found.members} - NO_MODELS
        _, model = main
        return replace(
            filled(found.inspection, model),
            format=model.format if len(formats) == 1 else self.name,
            metadata={**model.metadata, **card.metadata},
        )

    def tensors(self, source: Source) -> Iterator[Placed]:
        """See :meth:`Weighing.tensors`: those of all files."""
        return placed(source, self.look)
