"""PEFT adapters: which base model they belong to, and how they change it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

from modelshelf.domain.content import ContentKind
from modelshelf.domain.inspection import Finding, Inspection
from modelshelf.formats import findings as say
from modelshelf.formats.card import read_card
from modelshelf.formats.hub import hub_base
from modelshelf.formats.interface import CERTAIN, LIKELY, Placed
from modelshelf.formats.json_files import json_object, json_object_or_nothing, text_of
from modelshelf.formats.members import FileLook, counted_once, placed, with_members
from modelshelf.formats.source import Source

_CONFIG = "adapter_config.json"
_WEIGHTS = (
    "adapter_model.safetensors",
    "adapter_model.bin",
    "adapter_model.safetensors.index.json",
)
# Base model, its revision and the class of code stand in fields of their own.
_ELSEWHERE = frozenset({"base_model_name_or_path", "revision", "auto_mapping", "peft_version"})
_MOST_TEXT = 500
# Changes of the base model that are written as a switch beside the adapter's type.
_VARIANTS = {"use_dora": "DoRA", "use_rslora": "rsLoRA", "use_qalora": "QALoRA"}
_KNOWN_CODE = ("transformers.", "diffusers.", "peft.", "torch.")


@dataclass(frozen=True, slots=True)
class Peft:
    """Source of the format: ``PeftModel.save_pretrained`` of the peft library.

    Attributes:
        look: Looks into one file.
    """

    look: FileLook
    name: ClassVar[str] = "peft"
    kind: ClassVar[ContentKind] = "folder"

    def sniff(self, head: bytes, source: Source) -> int:  # noqa: ARG002 - the interface
        """See :meth:`Inspector.sniff`: a configuration that names a kind of adapter.

        A whole model may have an adapter's configuration beside it, but not its weights.
        """
        if "peft_type" not in json_object_or_nothing(source, _CONFIG):
            return 0
        return CERTAIN if any(source.file(name) for name in _WEIGHTS) else LIKELY

    def inspect(self, source: Source) -> Inspection:
        """See :meth:`Inspector.inspect`."""
        config = json_object(source, _CONFIG)
        card = read_card(source)
        needed = tuple(_code(config))
        found = (*card.findings, *_findings(needed, source))
        base = text_of(config, "base_model_name_or_path")
        stated = (hub_base(base, text_of(config, "revision")),) if base else ()
        own = Inspection(
            self.name,
            framework=f"PEFT {text_of(config, 'peft_version')}".strip(),
            architecture=_architecture(config),
            license=card.license,
            base_models=stated or card.base_models,
            needs_code=needed,
            metadata=_metadata(config) | card.metadata,
            verdict=say.judge(found),
            findings=found,
        )
        return counted_once(with_members(own, source, self.look))

    def tensors(self, source: Source) -> Iterator[Placed]:
        """See :meth:`Weighing.tensors`: those of the adapter."""
        return placed(source, self.look, once=True)

    def needs(self, source: Source) -> tuple[str, ...]:
        """See :meth:`Needing.needs`: the weights, in whichever of their forms they came."""
        held = [name for name in _WEIGHTS if source.file(name)]
        return tuple(held[:1] or _WEIGHTS[:1])


def _architecture(config: dict[str, object]) -> str:
    kind = text_of(config, "peft_type")
    variants = [name for key, name in _VARIANTS.items() if config.get(key) is True]
    return " ".join([kind, *variants])


def _metadata(config: dict[str, object]) -> dict[str, str]:
    """Return all settings that are set, as texts ("r", "lora_alpha", "target_modules" ...)."""
    return {
        key: _text(value)
        for key, value in config.items()
        if key not in _ELSEWHERE and value not in (None, "", [], {}, False)
    }


def _text(value: object) -> str:
    if isinstance(value, str):
        return value
    if isinstance(value, list) and all(isinstance(each, str) for each in value):
        return ", ".join(sorted(value))[:_MOST_TEXT]
    return json.dumps(value)[:_MOST_TEXT]


def _code(config: dict[str, object]) -> Iterator[str]:
    """Yield the class of the base model, when it comes from none of the usual libraries."""
    mapping = config.get("auto_mapping")
    if isinstance(mapping, dict):
        library, kind = text_of(mapping, "parent_library"), text_of(mapping, "base_model_class")
        if library and kind and not f"{library}.".startswith(_KNOWN_CODE):
            yield f"{library}.{kind}"


def _findings(needed: tuple[str, ...], source: Source) -> Iterator[Finding]:
    if needed:
        detail = f"its base model is of a class of its own: {', '.join(needed)}"
        yield say.info("peft.base_class", f"{source.name}/{_CONFIG}", detail)
