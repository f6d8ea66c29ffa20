"""Sidecars that unfold, guess, contradict themselves or never end, beside an honest model."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from tests.formats.builders import safetensors, tensor
from tests.hostile.case import Bytes, Case, Expected, Stage, written

_COUNT = iter(range(70_001, 80_000))


def _beside(
    id_: str, text: Bytes | str, rule: str, *, ending: str = ".yaml", expected: Expected = "refused"
) -> Case:
    data = text.encode() if isinstance(text, str) else text
    weights = safetensors({"w": tensor(0, 4, [1])}, next(_COUNT).to_bytes(4, "little"))

    def make(path: Path, stage: Stage) -> None:
        path.write_bytes(weights)
        path.with_name(path.name + ending).write_bytes(written(data, stage))

    # Registering by hand reads no sidecar: what is known is said by options there.
    return Case(f"sidecar-{id_}", "m.safetensors", make, expected, rule, by_hand="clean")


def _json(id_: str, text: Bytes | str, rule: str = "") -> Case:
    return _beside(f"json-{id_}", text, rule, ending=".json")


def _linked(path: Path, stage: Stage) -> None:
    path.symlink_to(stage.canary)


def _with_link(id_: str, link: Callable[[Path, Stage], None]) -> Case:
    def make(path: Path, stage: Stage) -> None:
        path.write_bytes(safetensors({"w": tensor(0, 4, [1])}, b"link"))
        link(path.with_name(path.name + ".yaml"), stage)

    return Case(f"sidecar-{id_}", "m.safetensors", make, "clean")


_BOMB = "a: &a [x,x,x,x,x,x,x,x,x]\n" + "".join(
    f"{new}: &{new} [{','.join([f'*{old}'] * 9)}]\n"
    for old, new in zip("abcdefgh", "bcdefghi", strict=True)
)
_DEEP = "tags: " + "[" * 400 + "]" * 400
_ENDLESS = '{"metrics":{"a":' + "9" * 5_000 + "}}"

YAML = (
    _beside("alias-bomb", _BOMB, "aliases"),
    _beside("anchor", "tags: &x {a: b}\n", "aliases"),
    _beside("merge-key", "tags: {<<: {a: b}}\n", "merge"),
    _beside("tag-python", "tags: !!python/object/apply:os.mkdir [x]\n", "tag"),
    _beside("tag-plain", "tags: {a: !!binary aGk=}\n", "tag"),
    _beside("two-documents", "tags: {}\n---\ntags: {}\n", "document"),
    _beside("directive", "%YAML 1.1\n---\ntags: {}\n", "directive"),
    _beside("key-twice", "metrics: {auc: 0.1, auc: 0.9}\n", "twice"),
    _beside("key-of-a-list", "? [a, b]\n: c\n", "key"),
    _beside("400-deep", _DEEP, "deep"),
    _beside("20000-values", "tags: [" + "a," * 20_000 + "]\n", "values"),
    _beside("two-megabytes", "description: " + "x" * 2_000_000, "bytes"),
    _beside("utf-16", "tags: {}\n".encode("utf-16"), "UTF-8"),
    _beside("no-utf-8", b"tags: {a: \xff}\n", "UTF-8"),
    _beside("no-yaml", "a: [b\n", "YAML"),
    _beside("a-list", "- a\n", "mapping"),
    _beside("unknown-key", "metric: {a: 1}\n", "metrics"),
    _beside("nan", "metrics: {a: .nan}\n", "a"),
    _beside("infinity", "metrics: {a: 1e400}\n", "a"),
    _beside("metric-no", "metrics: {a: no}\n", "a"),
    _beside("metric-text", 'metrics: {a: "0.9"}\n', "a"),
    _beside("model-that-is-none", "model: ../../evil\n", "model"),
    _beside("control-characters", 'tags: {a: "\\x1b[2J\\0"}\n', ""),
    # Texts stay the texts that were written: neither truth values nor dates are guessed.
    _beside("no-and-dates", "tags: {a: no, b: 2024-01-01, c: 1.10}\n", "", expected="clean"),
    _beside("empty", "", "", expected="clean"),
)
JSON = (
    _json("key-twice", '{"tags":{},"tags":{"a":"b"}}', "twice"),
    _json("nan", '{"metrics":{"a":NaN}}', "NaN"),
    _json("infinity", '{"metrics":{"a":1e400}}', "large"),
    _json("endless-number", _ENDLESS),
    _json("half-a-character", '{"tags":{"a":"\\ud800"}}', "half"),
    _json("100000-deep", '{"tags":' + "[" * 100_000 + "]" * 100_000 + "}", "deep"),
    _json("truth-as-metric", '{"metrics":{"a":true}}'),
    _json("utf-16", '{"tags":{}}'.encode("utf-16"), "UTF-8"),
    _json("comment", '{"tags":{} /* no */}'),
    _json("cut", '{"tags":{"a":'),
    _json("unknown-key", '{"__proto__":{}}', "field"),
)

CASES: tuple[Case, ...] = (*YAML, *JSON, _with_link("that-is-a-link", _linked))
