"""Keras 3 .keras files: the configuration says which classes would be built, and from where."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

from modelshelf.domain.content import ContentKind
from modelshelf.domain.inspection import Finding, Inspection, TensorSpec
from modelshelf.formats import findings as say
from modelshelf.formats.containers.member import read_member
from modelshelf.formats.containers.scanning import scan_members
from modelshelf.formats.containers.zipped import (
    Directory,
    first_names,
    is_finished,
    is_zip,
    read_directory,
)
from modelshelf.formats.interface import LIKELY, NAMED_CONTAINER, Extent
from modelshelf.formats.pickles.denied import is_denied
from modelshelf.formats.reading import Reader
from modelshelf.formats.source import Source
from modelshelf.formats.strict_json import MOST, parse_object
from modelshelf.formats.trouble import LimitReached, Malformed

_CONFIG, _METADATA = "config.json", "metadata.json"
_MOST_OBJECTS = 200_000
_MOST_SHOWN = 100
# Classes that run code from the file, or load something else that does (CVE-2024-3660,
# CVE-2025-1550, CVE-2025-9905, CVE-2026-1462).
_CODE = frozenset({"Lambda", "__lambda__", "TorchModuleWrapper", "TFSMLayer"})
_OWN = ("keras", "keras_hub", "keras_nlp", "keras_cv")
_OWN_VALUES = frozenset({"__tuple__", "__tensor__", "__numpy__", "__bytes__", "__ellipsis__"})


@dataclass(frozen=True, slots=True)
class Keras:
    """Source of the format: keras/src/saving/saving_lib.py and serialization_lib.py."""

    name: ClassVar[str] = "keras"
    kind: ClassVar[ContentKind] = "file"

    def sniff(self, head: bytes, source: Source) -> int:
        """See :meth:`Inspector.sniff`: a zip with a configuration and its metadata."""
        if not is_zip(head):
            return 0
        names = first_names(source.only)
        if {_CONFIG, _METADATA} <= set(names):
            return LIKELY
        return NAMED_CONTAINER if not names and source.extension == ".keras" else 0

    def inspect(self, source: Source) -> Inspection:
        """See :meth:`Inspector.inspect`."""
        with Reader.of(source.only) as reader:
            directory = read_directory(reader, source.name)
        config = _json(source, directory, _CONFIG)
        about = _json(source, directory, _METADATA)
        objects = list(_objects(config))
        scanned = scan_members(source.only, directory, source.name)
        found = (*directory.findings, *scanned.findings, *_judge(objects, source.name))
        names = dict.fromkeys(_text(each.get("class_name")) for each in objects)
        return Inspection(
            self.name,
            framework=f"Keras {_text(about.get('keras_version'))}".strip(),
            inputs=tuple(_inputs(objects)),
            metadata={
                "classes": ", ".join(list(names)[:_MOST_SHOWN]),
                "date_saved": _text(about.get("date_saved")),
            },
            verdict=say.judge(found, finished=scanned.finished),
            findings=found,
        )

    def extent(self, source: Source) -> Extent:
        """See :meth:`Measuring.extent`."""
        return Extent(whole=is_finished(source.only))


def _json(source: Source, directory: Directory, name: str) -> dict[str, object]:
    member = directory.get(name)
    if member is None:
        raise Malformed(f"{name} is missing")
    return parse_object(read_member(source.only, member, MOST))


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""


def _objects(config: object) -> Iterator[dict[str, object]]:
    """Yield every serialized object in a configuration, the outermost first."""
    waiting = [config]
    seen = 0
    while waiting:
        value = waiting.pop()
        seen += 1
        if seen > _MOST_OBJECTS:
            raise LimitReached(f"more than {_MOST_OBJECTS:,} values in the configuration")
        if isinstance(value, dict):
            if "class_name" in value:
                yield value
            waiting.extend(reversed(value.values()))
        elif isinstance(value, list):
            waiting.extend(reversed(value))


def _judge(objects: list[dict[str, object]], where: str) -> Iterator[Finding]:
    said: set[tuple[str, str]] = set()
    for each in objects:
        name, module = _text(each.get("class_name")), _text(each.get("module"))
        if (name, module) in said:
            continue
        said.add((name, module))
        full = f"{module}.{name}".removeprefix(".")
        function = _function(each)
        if name in _CODE or is_denied(module, name) or is_denied(module, function):
            yield say.dangerous("keras.code", where, f"{full} runs code that it brings along")
        elif not _is_own(module, name) or ">" in _text(each.get("registered_name")):
            yield say.warning("keras.custom", where, f"{full} is not a class of Keras")


def _function(each: dict[str, object]) -> str:
    """Return the name of a serialized function, which stands where a class has its settings."""
    return _text(each.get("config"))


def _is_own(module: str, name: str) -> bool:
    if not module:
        return True  # Keras's own built-in, found by its name alone
    if module == "builtins":
        return name in _OWN_VALUES
    return module.partition(".")[0] in _OWN


def _inputs(objects: list[dict[str, object]]) -> Iterator[TensorSpec]:
    for each in objects:
        config = each.get("config")
        if each.get("class_name") != "InputLayer" or not isinstance(config, dict):
            continue
        shape = config.get("batch_shape") or config.get("batch_input_shape")
        sizes = shape if isinstance(shape, list) else []
        yield TensorSpec(
            _text(config.get("name")),
            _text(config.get("dtype")) or "float32",
            tuple(size if type(size) is int else None for size in sizes),
        )
