"""Hugging Face folders: what their configurations say, and the weights, each counted once."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import ClassVar

from modelshelf.domain.content import ContentKind
from modelshelf.domain.inspection import Finding, Inspection
from modelshelf.formats import findings as say
from modelshelf.formats.card import read_card
from modelshelf.formats.families import huggingface_parts as parts
from modelshelf.formats.families.huggingface_code import custom_code, own_modules
from modelshelf.formats.interface import LIKELY, NAMED, Placed
from modelshelf.formats.json_files import json_object_or_nothing, text_of, unreadable
from modelshelf.formats.members import (
    FileLook,
    counted_once,
    filled,
    main_member,
    placed,
    with_members,
)
from modelshelf.formats.source import Source

CONFIG = "config.json"
_QUANTIZE = "quantize_config.json"  # AutoGPTQ's, beside a configuration that may not have it
_GENERATION = "generation_config.json"
_TOKENIZER = "tokenizer_config.json"
_TEMPLATE = "chat_template"
_TEMPLATE_FILES = ("chat_template.jinja", "chat_template.json")
_TEMPLATE_FOLDER = "additional_chat_templates/"
_TELLING = (
    "model_type",
    "transformers_version",
    "torch_dtype",
    "dtype",
    "_name_or_path",
    "vocab_size",
    "hidden_size",
    "num_hidden_layers",
    "max_position_embeddings",
)
_WEIGHTS = (".safetensors", ".safetensors.index.json", ".bin")
_MARKS = frozenset({"model_type", "architectures", "_diffusers_version", "pretrained_cfg"})


@dataclass(frozen=True, slots=True)
class HuggingFace:
    """Folders of transformers, diffusers, sentence-transformers and timm.

    Source of the format: ``save_pretrained`` of these libraries.

    Attributes:
        look: Looks into one file.
    """

    look: FileLook
    name: ClassVar[str] = "huggingface"
    kind: ClassVar[ContentKind] = "folder"

    def sniff(self, head: bytes, source: Source) -> int:  # noqa: ARG002 - the interface
        """See :meth:`Inspector.sniff`: a configuration that names a kind of model."""
        config = json_object_or_nothing(source, CONFIG)
        pipeline = json_object_or_nothing(source, parts.PIPELINE)
        fits = config.keys() & _MARKS or "_class_name" in pipeline or parts.modules(source)
        if fits:
            return LIKELY
        weights = any(file.path.endswith(_WEIGHTS) for file in source.files)
        return NAMED if weights and unreadable(source, CONFIG) else 0

    def inspect(self, source: Source) -> Inspection:
        """See :meth:`Inspector.inspect`."""
        config = json_object_or_nothing(source, CONFIG)
        pipeline = json_object_or_nothing(source, parts.PIPELINE)
        card = read_card(source)
        needed = tuple(custom_code(source))
        found = (*card.findings, *_findings(source, needed))
        own = Inspection(
            self.name,
            framework=parts.framework(source, config, pipeline),
            producer=parts.producer(source, config),
            architecture=_architecture(config, pipeline),
            quantization=_quantization(source, config),
            license=card.license,
            base_models=card.base_models,
            needs_code=needed,
            metadata=_metadata(source, config) | card.metadata,
            verdict=say.judge(found),
            findings=found,
        )
        looked = with_members(own, source, self.look)
        inspection = counted_once(looked)
        main = main_member(looked.members)
        declared = next((each for _, each in looked.members if each.inputs), None)
        for inner in (main[1] if main else None, declared):
            if inner is not None:
                inspection = replace(filled(inspection, inner), version=own.version)
        return inspection

    def tensors(self, source: Source) -> Iterator[Placed]:
        """See :meth:`Weighing.tensors`: those of the main weights."""
        return placed(source, self.look, once=True)

    def needs(self, source: Source) -> tuple[str, ...]:
        """See :meth:`Needing.needs`."""
        return tuple(sorted({*parts.needed(source), *own_modules(source)}))


def _architecture(config: dict[str, object], pipeline: dict[str, object]) -> str:
    names = config.get("architectures")
    named = [each for each in names if isinstance(each, str)] if isinstance(names, list) else []
    return (
        text_of(pipeline, "_class_name")
        or ", ".join(named)
        or text_of(config, "_class_name")
        or text_of(config, "architecture")
        or text_of(config, "model_type")
    )


def _metadata(source: Source, config: dict[str, object]) -> dict[str, str]:
    """Return the numbers and texts that people compare models by."""
    found = {key: str(config[key]) for key in _TELLING if isinstance(config.get(key), (str, int))}
    names = config.get("architectures")
    if isinstance(names, list):
        found["architectures"] = ", ".join(each for each in names if isinstance(each, str))
    tokenizer = json_object_or_nothing(source, _TOKENIZER)
    if kind := text_of(tokenizer, "tokenizer_class"):
        found["tokenizer_class"] = kind
    generation = json_object_or_nothing(source, _GENERATION)
    found |= {
        f"generation.{key}": str(value)
        for key, value in generation.items()
        if isinstance(value, (str, int, float)) and not key.startswith(("_", "transformers"))
    }
    return found | parts.metadata(source)


def _quantization(source: Source, config: dict[str, object]) -> str:
    """Return method and width, as far as a configuration states them ("gptq 4 bit")."""
    settings = config.get("quantization_config")
    if not isinstance(settings, dict):
        settings = json_object_or_nothing(source, _QUANTIZE)
        settings = {"quant_method": "gptq"} | settings if settings else {}
    method = text_of(settings, "quant_method")
    bits = settings.get("bits", settings.get("w_bit"))
    if type(bits) is int:
        return f"{method} {bits} bit".strip()
    if settings.get("load_in_4bit") is True:
        return f"{method} {text_of(settings, 'bnb_4bit_quant_type') or '4 bit'}".strip()
    if settings.get("load_in_8bit") is True:
        return f"{method} int8".strip()
    return " ".join(filter(None, (method, text_of(settings, "format"))))


def _findings(source: Source, needed: tuple[str, ...]) -> Iterator[Finding]:
    if needed:
        detail = f"it names code that runs if remote code is trusted: {', '.join(needed)}"
        yield say.warning("huggingface.remote_code", source.name, detail)
    for path in (CONFIG, parts.PIPELINE, _TOKENIZER):
        if why := unreadable(source, path):  # other readers are not as strict
            detail = f"{why}; so nobody has looked for code that it may name"
            yield say.warning("huggingface.unreadable", f"{source.name}/{path}", detail)
    places = [name for name in _TEMPLATE_FILES if source.file(name)]
    places += (f.path for f in source.files if f.path.startswith(_TEMPLATE_FOLDER))
    if json_object_or_nothing(source, _TOKENIZER).get(_TEMPLATE):
        places.append(_TOKENIZER)
    for place in places:
        detail = "its chat template is a program of a template language"
        yield say.warning("huggingface.chat_template", f"{source.name}/{place}", detail)
