"""What a card is made from: all that the registry knows about one version."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from modelshelf.domain.gates.stated import in_card, stated

if TYPE_CHECKING:
    from modelshelf.domain.lineage_answers import Obligation
    from modelshelf.domain.models import RegisteredModel, VersionDetail
    from modelshelf.domain.provenance import Dataset
    from modelshelf.domain.reproduction import Reproduction
    from modelshelf.domain.stages import Assignment

_HUB = "hf:"


@dataclass(frozen=True, slots=True)
class CardFacts:
    """What the registry knows.

    Attributes:
        detail: The version.
        model: Its model.
        assignments: When it was given a stage, newest first.
        obligations: What the licences along its lineage ask.
        reproduction: The newest attempt to make it again; ``None`` where nobody tried.
    """

    detail: VersionDetail
    model: RegisteredModel
    assignments: tuple[Assignment, ...] = ()
    obligations: tuple[Obligation, ...] = ()
    reproduction: Reproduction | None = None

    @property
    def licences(self) -> tuple[str, ...]:
        """The licences that are stated, in the card, the file or a tag."""
        return stated(self.detail)

    @property
    def licences_besides_card(self) -> tuple[str, ...]:
        """The licences that are stated elsewhere than in the card."""
        told = in_card(self.detail.card)
        return tuple(each for each in self.licences if each not in told)

    def datasets(self, role: str) -> tuple[Dataset, ...]:
        """Return the data sets of a role: ``trained_on`` or ``evaluated_on``."""
        return tuple(each for each in self.detail.datasets if each.role == role)

    @property
    def has_code(self) -> bool:
        """Whether it is known by which source it was trained."""
        code = self.detail.code
        return code is not None and bool(code.repository or code.commit or code.snapshot)

    @property
    def bases(self) -> tuple[str, ...]:
        """What it was made from: as recorded, else as its file says."""
        recorded = [self.detail.base] if self.detail.base else []
        found = dict.fromkeys([*recorded, *self.detail.bases])
        return tuple(found) or self.detail.inspection.base_models


def hub_name(base: str) -> str:
    """Return a base as Hugging Face writes it: ``hf:org/name@main`` is ``org/name``."""
    return base.removeprefix(_HUB).partition("@")[0] if base.startswith(_HUB) else base


def unique(texts: Iterable[str]) -> list[str]:
    """Return the texts that say something, each once, in their order."""
    return list(dict.fromkeys(filter(None, _stripped(texts))))


def _stripped(texts: Iterable[str]) -> Iterator[str]:
    for text in texts:
        yield text.strip()
