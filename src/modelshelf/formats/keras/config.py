"""The configuration of a Keras model: what it takes and gives, and which classes it would build.

Source of the format: serialization_lib.py in keras/src/saving, and what came before it,
serialization.py in keras/src/legacy/saving.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from modelshelf.domain.inspection import Finding, TensorSpec
from modelshelf.formats import findings as say
from modelshelf.formats.containers.names import leaves_folder
from modelshelf.formats.keras.names import BUILT_IN, VALUES
from modelshelf.formats.pickles.denied import is_denied
from modelshelf.formats.trouble import LimitReached

_MOST_OBJECTS = 1_000_000
# Classes that run code from the file, or load something else that does (CVE-2024-3660,
# CVE-2025-1550, CVE-2025-9905, CVE-2026-1462).
_CODE = frozenset({"Lambda", "__lambda__", "TorchModuleWrapper", "TFSMLayer"})
_OWN = ("keras", "keras_hub", "keras_nlp", "keras_cv", "keras_core", "tf_keras")
_ITSELF = frozenset({"keras", "keras_core", "tf_keras"})
# Functions of Keras itself that files may name; its others load, fetch or unlock (CVE-2025-8747,
# CVE-2025-9906), and so do the classes of some of its modules, but for a few.
_FUNCTIONS = frozenset(
    {"activations", "losses", "metrics", "ops", "initializers", "regularizers", "constraints"}
)
_UNLOCKING = frozenset({"utils", "saving", "config", "datasets", "export", "global_state"})
_HARMLESS = frozenset({"FeatureSpace", "Feature", "Cross"})
# Layers of TensorFlow's Keras that call any function of TensorFlow by its name.
_CALLING = frozenset({"TFOpLambda", "TensorFlowOpLayer"})
_CALLED = (
    " io.", ".io.", "py_func", "numpy_func", "raw_ops.", "load_op", "load_library", "saved_model",
    "keras.models", "ReadFile", "WriteFile", "EagerPyFunc", "PyFunc", "MatchingFiles",
)  # fmt: skip
_REGISTERED = "Custom>"  # what Keras 2.11 put in front of its own optimizers, too

Settings = dict[str, object]


def objects(config: object) -> Iterator[Settings]:
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


def judge(found: Iterable[Settings], where: str) -> Iterator[Finding]:
    """Yield what loading the objects could run, or would need; each class once."""
    said: set[tuple[str, str, str]] = set()
    for each in found:
        key = (text(each.get("class_name")), text(each.get("module")), _function(each))
        vocabulary = settings(each).get("vocabulary")
        if isinstance(vocabulary, str):
            yield from _file(vocabulary, key[0], where)
        if key in said:
            continue
        said.add(key)
        if _runs(*key, each):
            detail = f"{named(each)} runs code that it brings along"
            yield say.dangerous("keras.code", where, detail)
        elif is_custom(each):
            yield say.warning("keras.custom", where, f"{named(each)} is not a class of Keras")


def named(each: Settings) -> str:
    """Return the full name of the class or function that an object stands for."""
    name, module = text(each.get("class_name")), text(each.get("module"))
    if name == "function" and _function(each):
        name = _function(each)
    if not module and ">" in text(each.get("registered_name")):
        name = text(each.get("registered_name"))
    return f"{module}.{name}".removeprefix(".").removeprefix("builtins.")


def is_custom(each: Settings) -> bool:
    """Tell whether an object's class or function does not come with Keras."""
    name, module = text(each.get("class_name")), text(each.get("module"))
    if ">" in text(each.get("registered_name")):
        return True
    if not module:
        return name.removeprefix(_REGISTERED) not in BUILT_IN and name not in _CALLING
    if module == "builtins":
        return name not in VALUES
    return module.partition(".")[0] not in _OWN


def custom_names(found: Iterable[Settings]) -> tuple[str, ...]:
    """Return the classes and functions that do not come with Keras, sorted."""
    return tuple(sorted({named(each) for each in found if is_custom(each) and not _is_code(each)}))


def architecture(config: Settings) -> str:
    """Return the class of the whole model."""
    return text(config.get("class_name"))


def quantization(found: Iterable[Settings]) -> str:
    """Return how weights are stored smaller, by the policies of the layers."""
    modes: dict[str, None] = {}
    for each in found:
        if text(each.get("class_name")).endswith("DTypePolicy"):
            mode, parted, _ = text(settings(each).get("name")).partition("_from_")
            if mode := text(settings(each).get("mode")) or (mode if parted else ""):
                modes[mode] = None
    return ", ".join(modes)


def inputs(config: Settings) -> tuple[TensorSpec, ...]:
    """Return the inputs of the outermost model, in its order."""
    layers = _layers(config)
    specs: dict[str, TensorSpec] = {}
    for layer in layers:
        own = settings(layer)
        if layer.get("class_name") == "InputLayer":
            name = text(own.get("name")) or text(layer.get("name"))
            specs[name] = TensorSpec(name, _dtype(own), _shape(own))
    order = [name for name in _ends(config, "input_layers") if name in specs] or list(specs)
    if order or not layers:
        return tuple(specs[name] for name in order)
    first = settings(layers[0])
    if "batch_input_shape" not in first:
        return ()
    return (TensorSpec(f"{text(first.get('name'))}_input", _dtype(first), _shape(first)),)


def output_names(config: Settings) -> tuple[str, ...]:
    """Return the names of the layers whose results the model gives."""
    named_ones = _ends(config, "output_layers")
    layers = _layers(config)
    if named_ones or not layers or config.get("class_name") != "Sequential":
        return named_ones
    return (text(settings(layers[-1]).get("name")),)


def outputs(config: Settings) -> tuple[TensorSpec, ...]:
    """Return the outputs whose shape the configuration tells, which are those of dense layers."""
    layers = {text(settings(layer).get("name")): layer for layer in _layers(config)}
    specs: list[TensorSpec] = []
    for name in output_names(config):
        layer = layers.get(name, {})
        units, shape = settings(layer).get("units"), _built(layer)
        if layer.get("class_name") == "Dense" and type(units) is int and shape:
            specs.append(TensorSpec(name, _dtype(settings(layer)), (*shape[:-1], units)))
    return tuple(specs)


def text(value: object) -> str:
    """Return a text, and nothing for anything else."""
    return value if isinstance(value, str) else ""


def settings(each: Settings) -> Settings:
    """Return what an object is made with."""
    config = each.get("config")
    return config if isinstance(config, dict) else {}


def _layers(config: Settings) -> list[Settings]:
    inner = config.get("config")
    layers = inner.get("layers") if isinstance(inner, dict) else inner  # Keras 1 had a bare list
    return [each for each in layers if isinstance(each, dict)] if isinstance(layers, list) else []


def _ends(config: Settings, key: str) -> tuple[str, ...]:
    """Return the names in ``[["a", 0, 0], ...]``, or in ``["a", 0, 0]`` where there is one."""
    value = settings(config).get(key)
    listed: list[object] = [*value.values()] if isinstance(value, dict) else []
    if isinstance(value, list):
        listed = [value] if value and isinstance(value[0], str) else value
    names = (each[0] for each in listed if isinstance(each, list) and each)
    return tuple(name for name in names if isinstance(name, str))


def _dtype(own: Settings) -> str:
    dtype = own.get("dtype")
    if isinstance(dtype, dict):
        policy = text(settings(dtype).get("name"))
        return policy.removeprefix("mixed_").partition("_from_")[0] or "float32"
    return text(dtype) or "float32"


def _shape(own: Settings) -> tuple[int | None, ...]:
    return _sizes(own.get("batch_shape") or own.get("batch_input_shape"))


def _built(layer: Settings) -> tuple[int | None, ...]:
    """Return the shape that a layer was built for, or that it is given by the layer before it."""
    built = layer.get("build_config")
    if isinstance(built, dict) and (shape := _sizes(built.get("input_shape"))):
        return shape
    for each in objects(layer.get("inbound_nodes")):
        if each.get("class_name") == "__keras_tensor__":
            return _sizes(settings(each).get("shape"))
    return ()


def _sizes(value: object) -> tuple[int | None, ...]:
    sizes = value if isinstance(value, list) else []
    return tuple(size if type(size) is int else None for size in sizes)


def _runs(name: str, module: str, function: str, each: Settings) -> bool:
    if _is_code(each) or is_denied(module, name) or is_denied(module, function):
        return True
    parts = module.split(".")
    if parts[0] in _ITSELF:
        if name == "function":
            return not _FUNCTIONS & set(parts)
        return bool(_UNLOCKING & set(parts)) and name not in _HARMLESS
    if name in _CALLING:
        called = f" {text(settings(each).get('function'))} {settings(each).get('node_def')}"
        return any(mark in called for mark in _CALLED)
    return False


def _is_code(each: Settings) -> bool:
    return text(each.get("class_name")).rpartition(">")[2] in _CODE


def _function(each: Settings) -> str:
    """Return the name of a serialized function, which stands where a class has its settings."""
    return text(each.get("config"))


def _file(name: str, layer: str, where: str) -> Iterator[Finding]:
    """Yield a finding for a vocabulary that is read from a file (CVE-2025-12058)."""
    detail = f"{layer} reads its vocabulary from {name!r}"
    if "://" in name:
        yield say.dangerous("keras.outside", where, detail)
    elif leaves_folder(name):
        yield say.warning("keras.outside", where, detail)
