"""spaCy pipelines: folders with a meta.json, a config.cfg and a folder for each component."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import ClassVar

from modelshelf.domain.content import ContentKind
from modelshelf.domain.inspection import Finding, Inspection, TensorSpec
from modelshelf.formats import findings as say
from modelshelf.formats.families.spacy_config import (
    foreign_functions,
    sourced_components,
    trained_components,
)
from modelshelf.formats.families.spacy_files import SpacyLook
from modelshelf.formats.interface import LIKELY, Placed
from modelshelf.formats.json_files import json_object, json_object_or_nothing
from modelshelf.formats.members import FileLook, placed, with_members
from modelshelf.formats.source import Source
from modelshelf.formats.trouble import LimitReached

_META, _CONFIG = "meta.json", "config.cfg"
_MOST_CONFIG = 1024 * 1024
_TELLING = (
    "lang", "name", "version", "description", "author", "email", "url", "spacy_version",
    "spacy_git_version",
)  # fmt: skip
_NAMED = ("pipeline", "components", "disabled", "requirements")


@dataclass(frozen=True, slots=True)
class Spacy:
    """Source of the format: "Saving and Loading" and "Data formats" in spaCy's documentation.

    Attributes:
        look: Looks into one file.
    """

    look: FileLook
    name: ClassVar[str] = "spacy"
    kind: ClassVar[ContentKind] = "folder"

    def sniff(self, head: bytes, source: Source) -> int:  # noqa: ARG002 - the interface
        """See :meth:`Inspector.sniff`: its settings, and a description that names a language."""
        if source.file(_META) is None or source.file(_CONFIG) is None:
            return 0
        meta = json_object_or_nothing(source, _META)
        return LIKELY if "lang" in meta and meta.keys() & {"spacy_version", "pipeline"} else 0

    def inspect(self, source: Source) -> Inspection:
        """See :meth:`Inspector.inspect`."""
        meta, config = json_object(source, _META), _config(source)
        foreign = foreign_functions(config)
        found = tuple(_foreign(foreign, f"{source.name}/{_CONFIG}"))
        own = Inspection(
            self.name,
            framework=f"spaCy {_text(meta.get('spacy_version'))}".strip(),
            inputs=(TensorSpec("text", "string", ()),),
            metadata={key: text for key, text in _metadata(meta) if text},
            verdict=say.judge(found),
            findings=found,
            architecture=", ".join(_texts(meta.get("pipeline"))),
            license=_text(meta.get("license")),
            base_models=sourced_components(config),
            needs_code=(*foreign, *_texts(meta.get("requirements"))),
        )
        return with_members(own, source, SpacyLook(self.look.inspectors)).inspection

    def needs(self, source: Source) -> tuple[str, ...]:
        """See :meth:`Needing.needs`: its words, and the weights of its trained components."""
        names = trained_components(_config(source))
        return (*(f"{name}/model" for name in names), "vocab/strings.json")

    def tensors(self, source: Source) -> Iterator[Placed]:
        """See :meth:`Weighing.tensors`: those of its files that store them plainly."""
        return placed(source, self.look)


def _config(source: Source) -> bytes:
    file = source.file(_CONFIG)
    if file is None or file.size > _MOST_CONFIG:
        raise LimitReached(f"{_CONFIG} has more than {_MOST_CONFIG:,} bytes")
    with file.open() as opened:
        return opened.read(_MOST_CONFIG)


def _foreign(names: tuple[str, ...], where: str) -> Iterator[Finding]:
    if names:
        detail = f"it calls functions that spaCy does not bring: {', '.join(names[:20])}"
        yield say.warning("spacy.custom", where, detail)


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""


def _texts(value: object) -> tuple[str, ...]:
    return tuple(each for each in value if isinstance(each, str)) if isinstance(value, list) else ()


def _metadata(meta: dict[str, object]) -> Iterator[tuple[str, str]]:
    for key in _TELLING:
        yield key, _text(meta.get(key))
    for key in _NAMED:
        yield key, ", ".join(_texts(meta.get(key)))
    for component, names in _inside(meta, "labels"):
        yield f"labels.{component}", ", ".join(_texts(names))
    for group in ("vectors", "performance"):
        for key, value in _inside(meta, group):
            yield f"{group}.{key}", str(value) if type(value) in {int, float, str} else ""
    if isinstance(sources := meta.get("sources"), list) and sources:
        yield "sources", json.dumps(sources, ensure_ascii=False)


def _inside(meta: dict[str, object], key: str) -> Iterable[tuple[str, object]]:
    value = meta.get(key)
    return value.items() if isinstance(value, dict) else ()
