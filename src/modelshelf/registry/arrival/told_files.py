"""Readers of the files that travel with a model: card, MLmodel, configurations, requirements.

Sources: the Hugging Face Hub's documentation, "Model Cards" and "Evaluation results"; MLflow's,
"MLflow Model"; PEFT's ``adapter_config.json``; pip's "Requirements File Format"; conda's
``environment.yml``; the lock files of Poetry, uv and Pipenv.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator, Mapping
from typing import Any

from modelshelf.domain.errors import Invalid
from modelshelf.domain.provenance import Dataset
from modelshelf.domain.text import safe
from modelshelf.registry.arrival.strict_yaml import Tree, parse_yaml
from modelshelf.registry.arrival.told import Reader, Told, run_of, scalars, texts

CONFIG_MOST = 100
_HEAD = re.compile(r"\A---[ \t]*\r?\n(.*?)^---[ \t]*\r?$", re.DOTALL | re.MULTILINE)
_LABEL = re.compile(r"[\w./@%-]{1,100}")
_PINNED = re.compile(r"([A-Za-z0-9][A-Za-z0-9._-]*)(?:\[[^\]]*\])?\s*===?\s*([^\s;,#]+)")
_CONDA = re.compile(r"([A-Za-z0-9][A-Za-z0-9._-]*)={1,2}([^=\s]+)(?:=.*)?")
_CARD_TAGS = ("license", "license_name", "library_name", "pipeline_tag", "language", "model_name")


def card(data: bytes, where: str, told: Told) -> None:
    """Take a model card whole, and from its YAML head what the registry has a field for."""
    text = _text(data)
    told.one("card", text, where)
    card_head(text, where, told)


def card_head(text: str, where: str, told: Told) -> None:
    """Take from the YAML head of a card what the registry has a field for.

    Raises:
        Invalid: The head cannot be read.
    """
    head = _HEAD.match(text)
    if head is None:
        return
    tree = parse_yaml(head[1])
    if not isinstance(tree, dict):
        raise Invalid("its head is not a mapping of names to values")
    place = f"{where} head"
    for name in _CARD_TAGS:
        values = texts(tree.get(name))
        if values:
            told.tag(name, ", ".join(map(str, values)), place)
    for name in texts(tree.get("tags")):
        if _LABEL.fullmatch(name):  # others cannot be the name of a tag; the card still has them
            told.tag(f"card.{name}", "yes", place)
    for name in texts(tree.get("datasets")):
        told.dataset(Dataset(str(name)), place)
    bases = texts(tree.get("base_model"))
    if len(bases) == 1:
        told.one("base", str(bases[0]), place)
    for name, value in _results(tree.get("model-index")):
        told.metric(name, value, f"{place}, model-index")


def _results(index: object) -> Iterator[tuple[str, object]]:
    """Yield name and value of the evaluation results; of a name used twice, with its data set."""
    found: list[tuple[str, str, object]] = []
    for model in _mappings(index):
        for result in _mappings(model.get("results")):
            dataset = result.get("dataset")
            data = dataset.get("name", "") if isinstance(dataset, dict) else ""
            found += [
                (str(m.get("type") or m.get("name")), str(data), m["value"])
                for m in _mappings(result.get("metrics"))
                if m.get("value") is not None
            ]
    names = [name for name, _data, _value in found]
    for name, data, value in found:
        full = f"{name}.{data}" if names.count(name) > 1 and data else name
        yield re.sub(r"[^\w.@/-]+", "_", full), value


def _mappings(value: object) -> list[Mapping[str, Any]]:
    return [v for v in value if isinstance(v, dict)] if isinstance(value, list) else []


def mlmodel(data: bytes, where: str, told: Told) -> None:
    """Take the run and the moment from an MLmodel file."""
    tree = _yaml_mapping(data)
    run = tree.get("run_id")
    if isinstance(run, str):
        told.one("run", run_of(run), where)
    for name in ("model_uuid", "utc_time_created", "mlflow_version"):
        told.tag(f"mlflow.{name}", tree.get(name), where)


def adapter_config(data: bytes, where: str, told: Told) -> None:
    """Take rank, targets and base of an adapter."""
    tree = _json_mapping(data)
    base = tree.get("base_model_name_or_path")
    if isinstance(base, str) and base:
        told.one("base", base, where)
    for name in ("peft_type", "task_type"):
        told.tag(name, tree.get(name), where)
    for name, value in scalars(tree, CONFIG_MOST):
        if name not in ("base_model_name_or_path", "peft_type", "task_type"):
            told.param(f"adapter.{name}", value, where)
    for name in texts(tree.get("target_modules")):
        told.param(f"adapter.target_modules.{name}", "yes", where)


def config(data: bytes, where: str, told: Told) -> None:
    """Take the plain values of a model's configuration as parameters."""
    for name, value in scalars(_json_mapping(data), CONFIG_MOST):
        told.param(f"config.{name}", value, where)


def requirements(data: bytes, where: str, told: Told) -> None:
    """Take the packages that a requirements file pins to a version."""
    lines = _text(data).replace("\\\n", " ").splitlines()
    told.environment(where, packages=_pins(lines))


def _pins(lines: list[str]) -> dict[str, str]:
    matches = (_PINNED.match(line.strip()) for line in lines)
    return {match[1]: match[2] for match in matches if match}


def conda(data: bytes, where: str, told: Told) -> None:
    """Take Python and the packages that a conda environment pins."""
    tree = _yaml_mapping(data)
    packages: dict[str, str] = {}
    wanted = tree.get("dependencies")
    for entry in wanted if isinstance(wanted, list) else []:
        if isinstance(entry, dict):
            packages |= _pins(list(texts(entry.get("pip"))))
        elif isinstance(entry, str) and (match := _CONDA.fullmatch(entry.strip())):
            packages[match[1]] = match[2]
    python = packages.pop("python", None)
    told.environment(where, python=python, packages=packages)


def python_env(data: bytes, where: str, told: Told) -> None:
    """Take the Python version of MLflow's description of an environment."""
    python = _yaml_mapping(data).get("python")
    told.environment(where, python=python if isinstance(python, str) else None)


def toml_lock(data: bytes, where: str, told: Told) -> None:
    """Take the packages of a lock file of Poetry or uv."""
    try:
        tree = tomllib.loads(_text(data))
    except (tomllib.TOMLDecodeError, RecursionError) as exc:
        raise Invalid("it is not TOML", why=safe(exc, 100)) from exc
    packages = {
        entry["name"]: entry["version"]
        for entry in _mappings(tree.get("package"))
        if isinstance(entry.get("name"), str) and isinstance(entry.get("version"), str)
    }
    told.environment(where, packages=packages)


def pipfile_lock(data: bytes, where: str, told: Told) -> None:
    """Take the packages of Pipenv's lock file."""
    wanted = _json_mapping(data).get("default")
    pins = wanted.items() if isinstance(wanted, dict) else ()
    packages = {
        name: version.removeprefix("==")
        for name, entry in pins
        if isinstance(entry, dict) and isinstance(version := entry.get("version"), str)
    }
    told.environment(where, packages=packages)


READERS: dict[str, Reader] = {
    "README.md": card,
    "MLmodel": mlmodel,
    "adapter_config.json": adapter_config,
    "config.json": config,
    "uv.lock": toml_lock,
    "poetry.lock": toml_lock,
    "Pipfile.lock": pipfile_lock,
    "requirements.txt": requirements,
    "conda.yaml": conda,
    "conda.yml": conda,
    "environment.yml": conda,
    "environment.yaml": conda,
    "python_env.yaml": python_env,
}
"""The files that are read, by name, in the order in which they are believed."""


def _text(data: bytes) -> str:
    try:
        return data.decode().removeprefix("\ufeff")
    except UnicodeDecodeError as exc:
        raise Invalid("it is not UTF-8 text", why=f"at byte {exc.start:,}") from exc


def _yaml_mapping(data: bytes) -> dict[str, Tree]:
    tree = parse_yaml(_text(data))
    if not isinstance(tree, dict):
        raise Invalid("it is not a mapping of names to values")
    return tree


def _json_mapping(data: bytes) -> dict[str, Any]:
    from modelshelf.formats.strict_json import parse_object
    from modelshelf.formats.trouble import LimitReached, Malformed

    try:
        return parse_object(data)
    except (Malformed, LimitReached) as exc:
        raise Invalid(exc.detail) from exc
