"""MLflow model folders: the MLmodel file says what is inside, and what is inside is looked into."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import ClassVar

from modelshelf.domain.content import ContentKind
from modelshelf.domain.inspection import Finding, Inspection, TensorSpec
from modelshelf.formats import findings as say
from modelshelf.formats.interface import CERTAIN
from modelshelf.formats.looking import Look
from modelshelf.formats.members import main_member, with_members
from modelshelf.formats.source import Source
from modelshelf.formats.strict_json import parse
from modelshelf.formats.strict_yaml import parse_mapping
from modelshelf.formats.trouble import LimitReached

_DESCRIPTION = "MLmodel"
_MOST = 1024 * 1024
_ANY = "python_function"  # the flavor that every Python model has besides its own
_DTYPES = {
    "binary": "bytes",
    "boolean": "bool",
    "datetime": "datetime64",
    "double": "float64",
    "float": "float32",
    "integer": "int32",
    "long": "int64",
    "string": "string",
}
_TEXTS = ("mlflow_version", "model_uuid", "model_id", "run_id", "utc_time_created")
_NAMES = {"sklearn": "scikit-learn", "pytorch": "PyTorch", "xgboost": "XGBoost"}


@dataclass(frozen=True, slots=True)
class Mlflow:
    """Source of the format: "MLflow Models, Storage Format" in MLflow's documentation.

    Attributes:
        look: Looks into one file.
    """

    look: Look
    name: ClassVar[str] = "mlflow"
    kind: ClassVar[ContentKind] = "folder"

    def sniff(self, head: bytes, source: Source) -> int:  # noqa: ARG002 - the interface
        """See :meth:`Inspector.sniff`: its MLmodel file."""
        return CERTAIN if source.file(_DESCRIPTION) else 0

    def inspect(self, source: Source) -> Inspection:
        """See :meth:`Inspector.inspect`."""
        description = _description(source)
        flavors = _mapping(description.get("flavors"))
        signature = _mapping(description.get("signature"))
        found = tuple(_code(flavors, source))
        own = Inspection(
            self.name,
            framework=_framework(flavors),
            inputs=tuple(_specs(signature.get("inputs"))),
            outputs=tuple(_specs(signature.get("outputs"))),
            metadata=_metadata(description, flavors),
            verdict=say.judge(found),
            findings=found,
        )
        looked = with_members(own, source, self.look)
        main = main_member(looked.members)
        if main is None:
            return looked.inspection
        inner = main[1]
        return replace(
            looked.inspection,
            framework=own.framework or inner.framework,
            metadata={**own.metadata, "model_format": inner.format},
        )


def _description(source: Source) -> dict[str, object]:
    file = source.file(_DESCRIPTION)
    if file is None or file.size > _MOST:
        raise LimitReached(f"{_DESCRIPTION} has more than {_MOST:,} bytes")
    with file.open() as opened:
        return parse_mapping(opened.read(_MOST))


def _mapping(value: object) -> dict[str, object]:
    return value if isinstance(value, dict) else {}


def _framework(flavors: dict[str, object]) -> str:
    for name, settings in flavors.items():
        if name == _ANY:
            continue
        version = next(
            (text for key, text in _mapping(settings).items() if key.endswith("_version")), ""
        )
        return f"{_NAMES.get(name, name)} {version or ''}".strip()
    return ""


def _metadata(description: dict[str, object], flavors: dict[str, object]) -> dict[str, str]:
    found = {key: text for key in _TEXTS if isinstance(text := description.get(key), str)}
    found["flavors"] = ", ".join(flavors)
    loader = _mapping(flavors.get(_ANY)).get("loader_module")
    if isinstance(loader, str):
        found["loader_module"] = loader
    return found


def _code(flavors: dict[str, object], source: Source) -> Iterator[Finding]:
    """Yield a finding when the model brings code that is imported when it is loaded."""
    code = _mapping(flavors.get(_ANY)).get("code")
    if code:
        detail = f"the code in {code!r} is imported when the model is loaded"
        yield say.warning("mlflow.code", f"{source.name}/{_DESCRIPTION}", detail)


def _specs(text: object) -> Iterator[TensorSpec]:
    """Yield the columns or tensors of one side of a signature, which is JSON inside the YAML."""
    columns = parse(text.encode()) if isinstance(text, str) else []
    for number, column in enumerate(columns if isinstance(columns, list) else []):
        entry = _mapping(column)
        name = entry.get("name")
        tensor = _mapping(entry.get("tensor-spec"))
        kind = tensor.get("dtype") or entry.get("type")
        yield TensorSpec(
            name if isinstance(name, str) else str(number),
            _DTYPES.get(str(kind), str(kind)),
            _shape(tensor.get("shape")),
        )


def _shape(value: object) -> tuple[int | None, ...]:
    sizes = value if isinstance(value, list) else []
    return tuple(size if type(size) is int and size >= 0 else None for size in sizes)
