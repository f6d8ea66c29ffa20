"""The parts of pipelines of diffusers and sentence-transformers, and who wrote the folder."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator
from dataclasses import dataclass

from modelshelf.formats.json_files import json_list_or_nothing, json_object_or_nothing, text_of
from modelshelf.formats.source import Source

PIPELINE = "model_index.json"
_MODULES = "modules.json"
_ENCODER = "config_sentence_transformers.json"
_WEIGHTS = (".safetensors", ".bin", ".msgpack", ".onnx", ".h5", ".gguf", ".index.json", ".pt")
_PACKAGE = "sentence_transformers."
# Others of that library, such as Normalize, keep nothing, so that not even their folder is there.
_CONFIGURED = frozenset({"Transformer", "Pooling", "Dense", "LayerNorm", "Dropout"})


@dataclass(frozen=True, slots=True)
class Module:
    """One module of sentence-transformers.

    Attributes:
        path: Its folder; empty for the top.
        kind: Its class with its package.
    """

    path: str
    kind: str

    @property
    def short(self) -> str:
        """The class without its package."""
        return self.kind.rpartition(".")[2]

    @property
    def is_of_library(self) -> bool:
        """Whether sentence-transformers brings the class."""
        return self.kind.startswith(_PACKAGE)


def modules(source: Source) -> list[Module]:
    """Return the modules of sentence-transformers; none when the folder is not of that library."""
    found: list[Module] = []
    for each in json_list_or_nothing(source, _MODULES):
        path = each.get("path") if isinstance(each, dict) else None
        kind = each.get("type") if isinstance(each, dict) else None
        if isinstance(path, str) and isinstance(kind, str):
            found.append(Module(path, kind))
    return found if any(module.is_of_library for module in found) else []


def framework(source: Source, config: dict[str, object], pipeline: dict[str, object]) -> str:
    """Return the library that the folder is for, with the version that wrote it."""
    if modules(source):
        version = text_of(_versions(source), "sentence_transformers")
        return f"Sentence Transformers {version}".strip()
    diffusers = text_of(pipeline, "_diffusers_version") or text_of(config, "_diffusers_version")
    if diffusers or pipeline:
        return f"Diffusers {diffusers}".strip()
    if "pretrained_cfg" in config:
        return "timm"
    return f"Transformers {text_of(config, 'transformers_version')}".strip()


def producer(source: Source, config: dict[str, object]) -> str:
    """Return the other library that wrote a part, as sentence-transformers uses transformers."""
    version = text_of(config, "transformers_version")
    return f"Transformers {version}" if version and modules(source) else ""


def metadata(source: Source) -> dict[str, str]:
    """Return the parts by name."""
    found = {f"part.{name}": kind for name, _, kind in _components(source)}
    found |= {f"module.{number}": module.short for number, module in enumerate(modules(source))}
    return found


def needed(source: Source) -> Iterator[str]:
    """Yield the files without which a named part cannot be loaded."""
    for module in modules(source):
        if module.is_of_library and module.short in _CONFIGURED:
            yield posixpath.join(module.path, "config.json")
    for name, library, kind in _components(source):
        path = f"{name}/{_essential(kind)}"
        yield path
        if path.endswith("/config.json") and not _has_weights(source, name):
            weights = "diffusion_pytorch_model" if library == "diffusers" else "model"
            yield f"{name}/{weights}.safetensors"


def _versions(source: Source) -> dict[str, object]:
    versions = json_object_or_nothing(source, _ENCODER).get("__version__")
    return versions if isinstance(versions, dict) else {}


def _components(source: Source) -> Iterator[tuple[str, str, str]]:
    """Yield name, library and class of each part of a diffusers pipeline that is in use."""
    for name, value in json_object_or_nothing(source, PIPELINE).items():
        if isinstance(value, list) and len(value) == 2:  # noqa: PLR2004 - library and class
            library, kind = value
            if isinstance(library, str) and isinstance(kind, str) and "/" not in name:
                yield name, library, kind


def _essential(kind: str) -> str:
    """Return the file that a part of that class is described by.

    Source: ``config_name`` of diffusers' mixins, ``save_pretrained`` of transformers.
    """
    if "Tokenizer" in kind:
        return "tokenizer_config.json"
    if kind.endswith(("FeatureExtractor", "ImageProcessor", "Processor", "ImageProcessorFast")):
        return "preprocessor_config.json"
    if "Scheduler" in kind:
        return "scheduler_config.json"
    return "config.json"


def _has_weights(source: Source, name: str) -> bool:
    return any(
        file.path.startswith(f"{name}/") and file.path.endswith(_WEIGHTS) for file in source.files
    )
