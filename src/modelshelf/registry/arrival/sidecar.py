"""Sidecars: what somebody wrote down about a dropped artifact, in a JSON or YAML file beside it.

They arrive from anywhere, so the reading is strict: small, UTF-8, one meaning only. The values
become the keyword arguments of ``versions.register``, which checks them as it checks everybody's.
"""

from __future__ import annotations

import difflib
import os
import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import MISSING, dataclass, field, fields
from pathlib import Path
from typing import Any, TypeVar

from modelshelf.artifacts.source import open_source
from modelshelf.domain.errors import Invalid
from modelshelf.domain.provenance import CARD_MOST, Code, Dataset, Environment, Run
from modelshelf.domain.text import safe
from modelshelf.registry.arrival.strict_yaml import DEPTH_MOST, NODES_MOST, Plain, parse_yaml

SIDECAR_MOST = 1024 * 1024
"""Bytes of the largest sidecar."""

_R = TypeVar("_R")

_NUMBER = re.compile(r"[-+]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][-+]?[0-9]+)?")
_SHA256 = re.compile(r"[0-9A-Fa-f]{64}")
_WHOLE = re.compile(r"[-+]?[0-9]{1,19}")
_TRUTH = {"true": True, "false": False}


@dataclass(frozen=True, slots=True)
class Sidecar:
    """What the files beside or inside an artifact say.

    Attributes:
        details: Keyword arguments of ``versions.register``.
        model: The model it belongs to, if the sidecar names one; unchecked.
        listed: Digests of the files of its folder, by path; SHA-256, 64 hexadecimal digits.
        origins: Where each of the details was read.
    """

    details: Mapping[str, Any] = field(default_factory=dict)
    model: str | None = None
    listed: Mapping[str, str] = field(default_factory=dict)
    origins: Mapping[str, str] = field(default_factory=dict)


def read_sidecar(file: Path | None, card: Path | None) -> Sidecar:
    """Return what a sidecar and a card beside it say.

    Args:
        file: The sidecar, ending in ``.json``, ``.yaml`` or ``.yml``; ``None`` without one.
        card: A ``README.md`` that is the model card unless the sidecar has its own.

    Raises:
        Invalid: A file breaks a rule; the sentence names the file, the field and the rule.
        Conflict: It changed while it was being read.
        Unavailable: It cannot be read.
    """
    details: dict[str, Any] = {}
    model = None
    listed: dict[str, str] = {}
    origins: dict[str, str] = {}
    if file is not None:
        with _naming(file):
            tree = _parse(file.name, _text(file, SIDECAR_MOST))
            details, model = _details(tree), _only_text("model", tree.get("model"))
            listed, origins = _listed(tree), _origins(details, file)
    if card is not None and details.get("card") is None:
        with _naming(card):
            details["card"] = _text(card, CARD_MOST)
            origins["card"] = safe(card.name, 200)
    return Sidecar(details, model, listed, origins)


def _origins(details: Mapping[str, Any], file: Path) -> dict[str, str]:
    """Return the file as the place where each detail was read, metrics and the like by name."""
    names: list[str] = []
    for field_name, value in details.items():
        keyed = isinstance(value, Mapping)
        names += [f"{field_name}.{key}" for key in value] if keyed else [field_name]
    return dict.fromkeys(names, safe(file.name, 200))


@contextmanager
def _naming(file: Path) -> Iterator[None]:
    """Say which file an error is about."""
    try:
        yield
    except Invalid as exc:
        if exc.subject:
            raise
        raise Invalid(
            f"the sidecar {safe(file.name, 80)!r} cannot be used",
            why=str(exc).removesuffix("."),
            observed=exc.observed,
            required=exc.required,
            subject=str(file),
        ) from exc


def _text(file: Path, most: int) -> str:
    with open_source(file) as source:
        if source.size > most:
            raise Invalid(f"it has {source.size:,} bytes", why=f"{most:,} are allowed")
        data = bytearray()
        while block := os.read(source.descriptor, most + 1 - len(data)):
            data += block
        source.check_unchanged()
    return _decoded(bytes(data))


def _decoded(data: bytes) -> str:
    try:
        return data.decode().removeprefix("\ufeff")
    except UnicodeDecodeError as exc:
        raise Invalid("it is not UTF-8 text", why=f"at byte {exc.start:,}") from exc


def parse_sidecar(name: str, data: bytes) -> dict[str, Any]:
    """Return the keyword arguments of ``versions.register`` that the bytes of a sidecar stand for.

    Raises:
        Invalid: They break a rule; the sentence names the file.
    """
    with _naming(Path(name)):
        return _details(_parse(name, _decoded(data)))


def _parse(name: str, text: str) -> Mapping[str, Any]:
    tree = _json(text) if name.lower().endswith(".json") else parse_yaml(text)
    if tree is None:
        return {}
    if not isinstance(tree, Mapping):
        raise Invalid("it is not a mapping of names to values")
    return tree


def _json(text: str) -> object:
    from modelshelf.formats.strict_json import parse
    from modelshelf.formats.trouble import LimitReached, Malformed

    try:
        tree = parse(text.encode(), most=SIDECAR_MOST)
    except (Malformed, LimitReached) as exc:
        raise Invalid(exc.detail) from exc
    _measure(tree)
    return tree


def _measure(tree: object) -> None:
    nodes = 0
    level = [tree]
    for _depth in range(DEPTH_MOST + 1):
        nodes += len(level)
        if nodes > NODES_MOST:
            raise Invalid(f"it holds more than {NODES_MOST:,} values")
        inner: list[object] = []
        for node in level:
            if isinstance(node, Mapping):
                inner.extend(node.values())
            elif isinstance(node, list):
                inner.extend(node)
        if not inner:
            return
        level = inner
    raise Invalid(f"it is nested more than {DEPTH_MOST} levels deep")


_FIELDS = (
    "metrics", "params", "tags", "description", "card", "run", "code", "datasets", "environment",
    "base", "bases", "features", "metric_sources", "model", "files",
)  # fmt: skip
_NOT_DETAILS = ("model", "files")


def _details(tree: Mapping[str, Any]) -> dict[str, Any]:
    _known("", tree, _FIELDS)
    _listed(tree)
    given = {n: value for n, value in tree.items() if value is not None and n not in _NOT_DETAILS}
    return {name: _READ.get(name, _only_text)(name, value) for name, value in given.items()}


def _listed(tree: Mapping[str, Any]) -> dict[str, str]:
    listed = _mapping("files", tree.get("files") or {})
    for name, digest in listed.items():
        if not isinstance(digest, str) or not _SHA256.fullmatch(digest):
            raise Invalid(
                f"files: {safe(name, 80)} has no digest",
                observed=safe(digest, 80),
                required="64 hexadecimal digits of SHA-256",
            )
    return {name: str(digest).lower() for name, digest in listed.items()}


def _metrics(where: str, value: object) -> dict[str, object]:
    return {name: _number(name, number) for name, number in _mapping(where, value).items()}


def _params(where: str, value: object) -> dict[str, object]:
    # None is how many libraries spell "not limited"; as a parameter it says something.
    return {
        name: "null" if v is None else _unmarked(v) for name, v in _mapping(where, value).items()
    }


def _texts(where: str, value: object) -> dict[str, object]:
    return {name: _unmarked(v) for name, v in _mapping(where, value).items()}


def _datasets(where: str, value: object) -> tuple[Dataset, ...]:
    if not isinstance(value, list):
        raise Invalid(f"{where} is not a list", observed=safe(value, 60))
    return tuple(_record(Dataset, f"{where}[{n}]", each) for n, each in enumerate(value))


def _texts_listed(where: str, value: object) -> tuple[str, ...]:
    if not isinstance(value, list) or not all(isinstance(each, str) for each in value):
        raise Invalid(f"{where} is not a list of texts", observed=safe(value, 60))
    return tuple(str(each) for each in value)


def _views(where: str, value: object) -> tuple[object, ...]:
    from modelshelf.domain.provenance.measured import FeatureView

    if not isinstance(value, list):
        raise Invalid(f"{where} is not a list", observed=safe(value, 60))
    return tuple(_record(FeatureView, f"{where}[{n}]", each) for n, each in enumerate(value))


def _sources(where: str, value: object) -> dict[str, object]:
    from modelshelf.domain.provenance.measured import MetricSource

    table = _mapping(where, value)
    return {n: _record(MetricSource, f"{where}.{n}", each) for n, each in table.items()}


def _record(kind: type[_R], where: str, value: object) -> _R:
    table = _mapping(where, value)
    known = fields(kind)  # type: ignore[arg-type]  # one of the dataclasses of provenance
    _known(where, table, tuple(f.name for f in known))
    given = {name: v for name, v in table.items() if v is not None}
    for f in known:
        if f.default is MISSING and f.default_factory is MISSING and f.name not in given:
            raise Invalid(f"{where} has no {f.name}")
    return kind(
        **{n: _READ_IN_RECORD.get(n, _only_text)(f"{where}.{n}", v) for n, v in given.items()}
    )


def _known(where: str, table: Mapping[str, Any], names: tuple[str, ...]) -> None:
    for name in table:
        if name not in names:
            near = difflib.get_close_matches(name[:60], names, n=1)
            raise Invalid(
                f"{safe(name, 60)!r} is not a field{f' of {where}' if where else ''}",
                why=f"the fields are {', '.join(names)}",
                hint=f"Did you mean {near[0]}?" if near else "",
            )


def _mapping(where: str, value: object) -> Mapping[str, Any]:
    if not isinstance(value, Mapping):
        raise Invalid(f"{where} is not a mapping of names to values", observed=safe(value, 60))
    return value


def _only_text(where: str, value: object) -> str | None:
    if value is None or isinstance(value, str):
        return None if value is None else str(value)
    raise Invalid(
        f"{where} is not text", observed=safe(value, 60), hint="Put it in quotation marks."
    )


def _unmarked(value: object) -> object:
    return str(value) if isinstance(value, Plain) else value


def _number(_where: str, value: object) -> object:
    """Return the number that unquoted YAML text stands for; else the value, to be refused later."""
    unquoted = isinstance(value, Plain) and _NUMBER.fullmatch(value)
    return float(value) if unquoted and isinstance(value, str) else _unmarked(value)


def _whole(where: str, value: object) -> int:
    if isinstance(value, Plain) and _WHOLE.fullmatch(value):
        return int(value)
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    raise Invalid(f"{where} is not a whole number", observed=safe(value, 60))


def _truth(where: str, value: object) -> bool:
    found = _TRUTH.get(value.lower()) if isinstance(value, Plain) else value
    if isinstance(found, bool):
        return found
    raise Invalid(f"{where} is neither true nor false", observed=safe(value, 60))


_Read = Callable[[str, object], Any]
_READ: dict[str, _Read] = {
    "metrics": _metrics,
    "params": _params,
    "tags": _texts,
    "run": lambda where, value: _record(Run, where, value),
    "code": lambda where, value: _record(Code, where, value),
    "datasets": _datasets,
    "environment": lambda where, value: _record(Environment, where, value),
    "bases": _texts_listed,
    "features": _views,
    "metric_sources": _sources,
}
_READ_IN_RECORD: dict[str, _Read] = {
    "seconds": _number,
    "rows": _whole,
    "dirty": _truth,
    "packages": _texts,
    "command": _texts_listed,
}
