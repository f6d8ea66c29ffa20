"""What a registry should be after each change, as plain dictionaries."""

from __future__ import annotations

import copy
from dataclasses import dataclass, field
from typing import Any

from modelshelf.domain.stages import split_with
from modelshelf.registry import Registry

LADDER = ("staging", "production")
Holders = dict[int, int]


@dataclass
class Expected:
    """One model: what is expected of its versions and stages."""

    name: str
    versions: dict[int, dict[str, Any]] = field(default_factory=dict)
    aliases: dict[str, int] = field(default_factory=dict)
    stages: dict[str, Holders] = field(default_factory=dict)
    stacks: dict[str, list[Holders]] = field(default_factory=lambda: {s: [] for s in LADDER})

    def register(self) -> int:
        """Add a version; return its number."""
        number = len(self.versions) + 1
        self.versions[number] = {
            "archived": False,
            "freed": False,
            "yanked": None,
            "tags": {},
            "metrics": {},
        }
        return number

    def after_promotion(self, number: int, stage: str, weight: int | None) -> Holders:
        """Return who would hold the stage."""
        present = list(self.stages.get(stage, {}).items())
        return split_with(present, number, 100 if weight is None else weight)

    def give(self, stage: str, holders: Holders) -> None:
        """Give a stage; who holds nothing any more is put away, who comes is taken out."""
        before = self.stages.get(stage, {})
        self.stages[stage] = dict(holders)
        for number in before:
            if not any(number in held for held in self.stages.values()):
                self.versions[number]["archived"] = True
        for number in holders:
            self.versions[number]["archived"] = False

    def any_yanked(self, holders: Holders) -> bool:
        """Whether one of them must not be used."""
        return any(self.versions[n]["yanked"] is not None for n in holders)

    def free(self) -> None:
        """Give up the bytes of what is yanked and nothing leads to."""
        for number, version in self.versions.items():
            held = any(number in holders for holders in self.stages.values())
            if version["yanked"] is not None and not held and number not in self.aliases.values():
                version["freed"] = True

    def label(self, number: int) -> tuple[str, int]:
        """Return a version's stage label and weight."""
        for stage in reversed(LADDER):
            if number in self.stages.get(stage, {}):
                return stage, self.stages[stage][number]
        return ("archived" if self.versions[number]["archived"] else "draft"), 0

    def view(self) -> dict[str, Any]:
        """Return everything that a registry shows of it."""
        return {
            "versions": {
                number: {
                    **copy.deepcopy(version),
                    "label": self.label(number),
                    "aliases": sorted(a for a, n in self.aliases.items() if n == number),
                }
                for number, version in self.versions.items()
            },
            "stages": {stage: dict(held) for stage, held in self.stages.items() if held},
        }


def shown(registry: Registry) -> dict[str, Any]:
    """Return the same of a registry, asked through its public methods."""
    found: dict[str, Any] = {}
    for model in registry.models.list(retired=True, limit=1_000):
        versions = registry.versions.list(model.name, limit=1_000)
        assert [v.number for v in versions] == list(range(model.latest, 0, -1))
        assert model.versions == model.latest
        found[model.name] = {
            "versions": {
                v.number: {
                    "archived": v.archived,
                    "freed": v.freed,
                    "yanked": v.yanked,
                    "tags": dict(v.tags),
                    "metrics": dict(v.metrics),
                    "label": (v.stage, v.weight),
                    "aliases": list(v.aliases),
                }
                for v in versions
            },
            "stages": {
                stage: {int(h.reference.rpartition(":v")[2]): h.weight for h in holders}
                for stage, holders in model.stages.items()
            },
        }
    return found
