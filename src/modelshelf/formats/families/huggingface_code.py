"""The classes of their own that Hugging Face folders name, and the modules that hold them."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator

from modelshelf.formats.families.huggingface_parts import PIPELINE, modules
from modelshelf.formats.json_files import json_object_or_nothing
from modelshelf.formats.source import Source

# The configurations whose auto_map transformers follows.
_MAPPED = (
    "config.json",
    "tokenizer_config.json",
    "preprocessor_config.json",
    "processor_config.json",
    "video_preprocessor_config.json",
    "generation_config.json",
)
_GENERATE = "custom_generate/generate.py"
_ELSEWHERE = "--"  # between the name of another repository and a class in it
_LIBRARIES = frozenset(
    {"diffusers", "transformers", "onnxruntime", "optimum", "peft", "torch", "k_diffusion"}
)


def custom_code(source: Source) -> Iterator[str]:
    """Yield the classes, as ``module.Class``, that are in none of the libraries."""
    named = dict.fromkeys(_mapped(source))
    named |= dict.fromkeys(_in_pipeline(source))
    named |= dict.fromkeys(module.kind for module in modules(source) if not module.is_of_library)
    if source.file(_GENERATE):
        named[_GENERATE] = None
    yield from named


def own_modules(source: Source) -> Iterator[str]:
    """Yield the files of the folder that hold those classes, there or not."""
    for name in _mapped(source):
        module, dot, _ = name.rpartition(".")
        if dot and _ELSEWHERE not in name:
            yield f"{module.replace('.', '/')}.py"


def _mapped(source: Source) -> Iterator[str]:
    for path in _MAPPED:
        config = json_object_or_nothing(source, path)
        auto_map = config.get("auto_map")
        yield from _names(list(auto_map.values()) if isinstance(auto_map, dict) else auto_map)
        pipelines = config.get("custom_pipelines")
        for each in pipelines.values() if isinstance(pipelines, dict) else ():
            yield from _names(each.get("impl") if isinstance(each, dict) else None)


def _names(value: object) -> Iterator[str]:
    """Yield the texts in a value; a tokenizer names a slow and a fast class, or neither."""
    if isinstance(value, str) and value:
        yield value
    elif isinstance(value, list):
        for each in value:
            yield from _names(each) if isinstance(each, list) else _one(each)


def _one(value: object) -> Iterator[str]:
    if isinstance(value, str) and value:
        yield value


def _in_pipeline(source: Source) -> Iterator[str]:
    """Yield the parts of a diffusers pipeline that come from neither library."""
    pipeline = json_object_or_nothing(source, PIPELINE)
    for part, value in pipeline.items():
        if not isinstance(value, list) or len(value) != 2:  # noqa: PLR2004 - library and class
            continue
        library, kind = value
        if not (isinstance(library, str) and isinstance(kind, str)):
            continue
        # A library's own folder of pipelines is named without it ("stable_diffusion").
        held = source.file(posixpath.join(part, f"{library}.py")) or source.file(f"{library}.py")
        if held or ("." in library and library.partition(".")[0] not in _LIBRARIES):
            yield f"{library}.{kind}"
    name = pipeline.get("_class_name")
    if isinstance(name, list) and all(isinstance(each, str) for each in name):
        yield ".".join(name)
