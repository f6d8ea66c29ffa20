"""Hugging Face model folders: architecture and version from config.json, weights from the files."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import ClassVar

from modelshelf.domain.content import ContentKind
from modelshelf.domain.inspection import Finding, Inspection
from modelshelf.formats import findings as say
from modelshelf.formats.interface import LIKELY
from modelshelf.formats.looking import Look
from modelshelf.formats.members import Member, with_members
from modelshelf.formats.source import Source
from modelshelf.formats.strict_json import parse_object
from modelshelf.formats.trouble import LimitReached, Malformed

_CONFIG = "config.json"
_TEMPLATES = ("chat_template.jinja", "chat_template.json")
_MOST = 4 * 1024 * 1024
_TELLING = ("model_type", "transformers_version", "torch_dtype", "dtype", "_name_or_path")


@dataclass(frozen=True, slots=True)
class HuggingFace:
    """Source of the format: ``PretrainedConfig.save_pretrained`` of the transformers library.

    Attributes:
        look: Looks into one file.
    """

    look: Look
    name: ClassVar[str] = "huggingface"
    kind: ClassVar[ContentKind] = "folder"

    def sniff(self, head: bytes, source: Source) -> int:  # noqa: ARG002 - the interface
        """See :meth:`Inspector.sniff`: a config.json that names a model type."""
        try:
            config = _config(source)
        except (Malformed, LimitReached):
            return 0
        return LIKELY if config.keys() & {"model_type", "architectures"} else 0

    def inspect(self, source: Source) -> Inspection:
        """See :meth:`Inspector.inspect`."""
        config = _config(source)
        metadata = {key: text for key in _TELLING if isinstance(text := config.get(key), str)}
        names = config.get("architectures")
        if isinstance(names, list):
            metadata["architectures"] = ", ".join(each for each in names if isinstance(each, str))
        version = metadata.get("transformers_version", "")
        found = tuple(_findings(config, source))
        own = Inspection(
            self.name,
            framework=f"Transformers {version}".strip(),
            metadata=metadata,
            verdict=say.judge(found),
            findings=found,
        )
        looked = with_members(own, source, self.look)
        return _counted(looked.inspection, looked.members)


def _config(source: Source) -> dict[str, object]:
    file = source.file(_CONFIG)
    if file is None:
        raise Malformed(f"{_CONFIG} is missing")
    if file.size > _MOST:
        raise LimitReached(f"{_CONFIG} has more than {_MOST:,} bytes")
    with file.open() as opened:
        return parse_object(opened.read(_MOST))


def _findings(config: dict[str, object], source: Source) -> Iterator[Finding]:
    if config.get("auto_map"):
        detail = "it names classes in files of its own, which run if remote code is trusted"
        yield say.warning("huggingface.remote_code", f"{source.name}/{_CONFIG}", detail)
    for name in _TEMPLATES:
        if source.file(name):
            detail = "its chat template is a program of a template language"
            yield say.warning("huggingface.chat_template", f"{source.name}/{name}", detail)


def _counted(found: Inspection, members: tuple[Member, ...]) -> Inspection:
    """Count the safetensors only, where there are any: other files hold the same weights again."""
    weights = [each for _, each in members if each.format == "safetensors"]
    if not weights:
        return found
    return replace(
        found,
        parameters=sum(each.parameters or 0 for each in weights),
        tensors=sum(each.tensors or 0 for each in weights),
    )
