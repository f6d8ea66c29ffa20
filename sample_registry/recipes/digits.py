"""vision/digits: which digit is on an 8x8 picture? Weights of a small network, as safetensors."""

import json
from collections.abc import Callable, Iterable
from pathlib import Path

import numpy as np
from safetensors import safe_open
from safetensors.numpy import load_file, save
from sklearn.neural_network import MLPClassifier

from recipes import data, measure
from recipes.data import Array, Rows, Split
from recipes.line import Fitted, Line, settings

FIRST_DELIVERY = 600
SHIFTED_SINCE = 3  # before v3 nobody had a shifted picture to measure on

Earlier = Callable[[int], Path]
Tensors = dict[str, np.ndarray]


def v1(split: Split, _: Earlier) -> Fitted:
    """A network with sixteen hidden units, trained briefly on the first 600 pictures."""
    rows = split.train.first(FIRST_DELIVERY, version="1")
    net = MLPClassifier((16,), alpha=1e-3, batch_size=50, max_iter=40, random_state=0)
    return _fitted(net.fit(rows.x, rows.y.astype(int)), rows)


def v2(split: Split, _: Earlier) -> Fitted:
    """Twice as wide, trained on all pictures for longer."""
    net = MLPClassifier((32,), alpha=1e-3, batch_size=50, max_iter=150, random_state=0)
    return _fitted(net.fit(split.train.x, split.train.y.astype(int)), split.train)


def v3(split: Split, earlier: Earlier) -> Fitted:
    """v2 fine-tuned on pictures of the new scanner only, which sit one pixel to the right."""
    return _tuned(earlier(2), (split.more["shifted"],), rounds=20, rate=5e-4)


def v4(split: Split, earlier: Earlier) -> Fitted:
    """v2 fine-tuned on pictures of the old and the new scanner together."""
    return _tuned(earlier(2), (split.train, split.more["shifted"]), rounds=60, rate=1e-3)


def v5(_: Split, earlier: Earlier) -> Fitted:
    """v4 with its weights rounded to half precision; nothing was trained."""
    tensors = {name: part.astype(np.float16) for name, part in load_file(earlier(4)).items()}
    hidden = len(tensors["hidden.bias"])
    return Fitted(tensors, {"algorithm": "cast", "dtype": "float16", "hidden": hidden}, ())


def _tuned(base: Path, rows: tuple[Rows, ...], *, rounds: int, rate: float) -> Fitted:
    """Go on learning from the weights in the base's file, never stopping early."""
    x, y = np.vstack([part.x for part in rows]), np.concatenate([part.y for part in rows])
    weights = load_file(base)
    hidden = len(weights["hidden.bias"])
    net = MLPClassifier(
        (hidden,), alpha=1e-3, batch_size=50, max_iter=1, random_state=0, warm_start=True
    )
    net.fit(x, y.astype(int))  # one round, only to give the network its shape
    net.coefs_ = [weights[f"{layer}.weight"].T.astype(float) for layer in ("hidden", "output")]
    net.intercepts_ = [weights[f"{layer}.bias"].astype(float) for layer in ("hidden", "output")]
    net.set_params(max_iter=rounds, n_iter_no_change=rounds, learning_rate_init=rate)
    return _fitted(net.fit(x, y.astype(int)), *rows)


def _fitted(net: MLPClassifier, *rows: Rows) -> Fitted:
    tensors: Tensors = {}
    for layer, weight, bias in zip(("hidden", "output"), net.coefs_, net.intercepts_, strict=True):
        tensors[f"{layer}.weight"] = np.ascontiguousarray(weight.T, dtype=np.float32)
        tensors[f"{layer}.bias"] = np.asarray(bias, dtype=np.float32)
    kept = ("alpha", "batch_size", "max_iter", "learning_rate_init", "random_state")
    more = {"hidden": len(net.intercepts_[0]), "dtype": "float32"}
    return Fitted(tensors, settings(net, *kept, **more), rows)


def _write(line: Line, split: Split, fitted: Fitted, path: Path) -> None:
    shapes = [fitted.payload[f"{layer}.weight"].shape for layer in ("hidden", "output")]
    about = {
        "architecture": f"mlp {shapes[0][1]}-{shapes[0][0]}-{shapes[1][0]}, relu, softmax",
        "classes": json.dumps(split.classes),
        "format": "np",
        "license": line.licence,
        "trained_on": json.dumps([f"{rows.name} {rows.version}" for rows in fitted.trained_on]),
    }
    number = int(path.parent.name.removeprefix("v"))
    if number in line.bases:
        about["base_model"] = f"{line.name}:v{line.bases[number]}"
    path.write_bytes(_sorted_header(save(fitted.payload, about)))


def _sorted_header(body: bytes) -> bytes:
    """Sort the header's metadata: the library writes it in another order at each run."""
    size = int.from_bytes(body[:8], "little")
    header = json.loads(body[8 : 8 + size])
    header["__metadata__"] = dict(sorted(header["__metadata__"].items()))
    text = json.dumps(header, separators=(",", ":")).encode().ljust(size)
    if len(text) != size:
        raise AssertionError(len(text), size)
    return body[:8] + text + body[8 + size :]


def _predict(path: Path, _: Split, rows: Array) -> Array:
    with safe_open(path, framework="np") as opened:
        part = {name: opened.get_tensor(name).astype(float) for name in opened.keys()}  # noqa: SIM118 -- not a dict
    hidden = np.maximum(rows @ part["hidden.weight"].T + part["hidden.bias"], 0)
    logits = hidden @ part["output.weight"].T + part["output.bias"]
    powers = np.exp(logits - logits.max(axis=1, keepdims=True))
    return powers / powers.sum(axis=1, keepdims=True)


def accuracy_shifted(predict: Callable[[Array], Array], split: Split) -> float:
    """Measure the share of right answers on held-out pictures of the new scanner."""
    rows = split.more["shifted_held"]
    return measure.many_classes(rows.y, predict(rows.x))["accuracy"]


def _measure(predict: Callable[[Array], Array], split: Split, number: int) -> dict[str, float]:
    found = measure.many_classes(split.held.y, predict(split.held.x))
    if number >= SHIFTED_SINCE:
        found["accuracy_shifted"] = accuracy_shifted(predict, split)
    return found


def _evaluated_on(split: Split, number: int) -> tuple[Rows, ...]:
    new: Iterable[Rows] = (split.more["shifted_held"],) if number >= SHIFTED_SINCE else ()
    return (split.held, *new)


LINE = Line(
    name="vision/digits",
    owner="ravi",
    description="Which digit, 0 to 9, is written on a picture of 8 by 8 grey pixels.",
    tags={"team": "vision", "risk": "low"},
    task="image-classification",
    library="safetensors",
    licence="cc-by-4.0",
    source="Optical Recognition of Handwritten Digits, UCI, CC BY 4.0, as shipped with "
    "scikit-learn. The `digits-shifted` rows are the same pictures moved one pixel to the right, "
    "standing for a new scanner.",
    limits="13 people wrote these digits, on forms, in the 1990s. Pixels must lie between 0 and 1. "
    "A picture without a digit still gets one.",
    file="digits.csv.gz",
    load=data.digits,
    recipes=(v1, v2, v3, v4, v5),
    artifact="model.safetensors",
    bases={3: 2, 4: 2, 5: 4},
    write=_write,
    predict=_predict,
    measure=_measure,
    evaluated_on=_evaluated_on,
)
