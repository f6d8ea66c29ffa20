"""MLflow model folders: the MLmodel file says what is inside, and what is inside is looked into."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import ClassVar

from modelshelf.domain.content import ContentKind
from modelshelf.domain.inspection import Finding, Inspection, TensorSpec
from modelshelf.formats import findings as say
from modelshelf.formats.hub import hub_base
from modelshelf.formats.interface import CERTAIN, Placed
from modelshelf.formats.json_files import text_of
from modelshelf.formats.members import FileLook, filled, main_member, placed, with_members
from modelshelf.formats.source import Source, SourceFile
from modelshelf.formats.strict_json import parse
from modelshelf.formats.strict_yaml import parse_mapping
from modelshelf.formats.trouble import LimitReached, Malformed

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
_VERSION = "mlflow_version"
_KINDS = ("pipeline_model_type", "instance_type", "model_class")
_TOLD = ("task", "framework", "instance_type", "serialization_format", "model_code_path")
# The settings of flavors, and of the input example, that are paths inside the folder.
_PATHS = (
    "artifact_path",
    "code",
    "data",
    "env",
    "model_binary",
    "model_code_path",
    "model_data",
    "model_path",
    "peft_adaptor",
    "pickled_model",
    "python_model",
    "saved_model_dir",
    "serving_input_path",
    "state_dict",
)
_EXAMPLE = "saved_input_example_info"
_ENVIRONMENT = "python_env.yaml"
_OWN_LOADER = "mlflow."
_NAMES = {"sklearn": "scikit-learn", "pytorch": "PyTorch", "xgboost": "XGBoost"}


@dataclass(frozen=True, slots=True)
class Mlflow:
    """Source of the format: "MLflow Models, Storage Format" in MLflow's documentation.

    Attributes:
        look: Looks into one file.
    """

    look: FileLook
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
            producer=f"MLflow {version}" if (version := text_of(description, _VERSION)) else "",
            architecture=_first(flavors, _KINDS),
            license=_first(flavors, ("source_model_license",)),
            base_models=tuple(_bases(flavors)),
            needs_code=tuple(_modules(flavors)),
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
            filled(looked.inspection, inner),
            metadata={**own.metadata, "model_format": inner.format},
        )

    def tensors(self, source: Source) -> Iterator[Placed]:
        """See :meth:`Weighing.tensors`: those of all files."""
        return placed(source, self.look)

    def needs(self, source: Source) -> tuple[str, ...]:
        """See :meth:`Needing.needs`: what the description and the environment in it name."""
        return tuple(sorted({name for name in _named(source) if ":/" not in name}))  # an address


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
    return found | {key: text for key in _TOLD if (text := _first(flavors, (key,)))}


def _first(flavors: dict[str, object], keys: tuple[str, ...]) -> str:
    """Return the first of the settings that a flavor of its own has."""
    settings = [_mapping(value) for name, value in flavors.items() if name != _ANY]
    return next((text for key in keys for each in settings if (text := text_of(each, key))), "")


def _bases(flavors: dict[str, object]) -> Iterator[str]:
    """Yield the model that was wrapped, when it came from a hub."""
    for value in flavors.values():
        settings = _mapping(value)
        if name := text_of(settings, "source_model_name"):
            yield hub_base(name, text_of(settings, "source_model_revision"))


def _modules(flavors: dict[str, object]) -> Iterator[str]:
    """Yield the module that loads the model, when it is none of MLflow's."""
    loader = text_of(_mapping(flavors.get(_ANY)), "loader_module")
    if loader and not loader.startswith(_OWN_LOADER):
        yield loader


def _named(source: Source) -> Iterator[str]:
    description = _description(source)
    for settings in _mapping(description.get("flavors")).values():
        yield from _paths(_mapping(settings))
    yield from _paths(_mapping(description.get(_EXAMPLE)))
    environment = source.file(_ENVIRONMENT)
    if environment is not None:
        yield from _requirements(environment)


def _paths(settings: dict[str, object]) -> Iterator[str]:
    """Yield the settings that are paths in the folder; of an artifact that is its ``path``."""
    yield from (text for key in _PATHS if (text := text_of(settings, key)))
    yield from (each for each in _mapping(settings.get("env")).values() if isinstance(each, str))
    parts = [*_mapping(settings.get("artifacts")).values(), settings.get("requirements_file")]
    more = settings.get("extra_files")
    for part in [*parts, *(more if isinstance(more, list) else [])]:
        yield text_of(_mapping(part), "path")


def _requirements(environment: SourceFile) -> Iterator[str]:
    """Yield the files of requirements that an environment includes ("-r requirements.txt")."""
    try:
        with environment.open() as opened:
            listed = parse_mapping(opened.read(_MOST)).get("dependencies")
    except (Malformed, LimitReached):
        return  # the file itself is there, and what else it names cannot be known
    for each in listed if isinstance(listed, list) else []:
        if isinstance(each, str) and each.startswith("-r "):
            yield each.removeprefix("-r ").strip()


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
