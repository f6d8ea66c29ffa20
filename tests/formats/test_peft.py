"""PEFT adapters: the base model, the settings, and the weights that belong to them."""

from __future__ import annotations

import json

import pytest

from modelshelf.formats import Source, inspect
from tests.formats.builders import folder, rules, safetensors, tensor, torch_zip
from tests.formats.weighing import missing_of, needs_of, placed

CONFIG: dict[str, object] = {
    "auto_mapping": None,
    "base_model_name_or_path": "meta-llama/Llama-3-8B",
    "bias": "none",
    "inference_mode": True,
    "lora_alpha": 32,
    "lora_dropout": 0.05,
    "modules_to_save": None,
    "peft_type": "LORA",
    "peft_version": "0.17.1",
    "r": 16,
    "revision": None,
    "target_modules": ["v_proj", "q_proj"],
    "task_type": "CAUSAL_LM",
    "use_dora": False,
}
A, B = "base_model.model.q.lora_A.weight", "base_model.model.q.lora_B.weight"
WEIGHTS = safetensors({A: tensor(0, 8, [1, 2]), B: tensor(8, 16, [2, 1])}, bytes(16))


def adapter(weights: str = "adapter_model.safetensors", **changes: object) -> Source:
    """Return a folder with an adapter."""
    data = torch_zip() if weights.endswith(".bin") else WEIGHTS
    files = {"adapter_config.json": json.dumps(CONFIG | changes).encode()}
    return folder("lora", files | ({weights: data} if weights else {}))


def test_an_adapter_is_described() -> None:
    """Base model, kind, rank, modules, task and the number of its own weights."""
    found = inspect(adapter())
    assert (found.format, found.framework, found.architecture) == ("peft", "PEFT 0.17.1", "LORA")
    assert found.base_models == ("hf:meta-llama/Llama-3-8B",)
    assert (found.tensors, found.parameters, found.verdict) == (2, 4, "clean")
    told = {key: found.metadata[key] for key in ("r", "lora_alpha", "target_modules", "task_type")}
    assert told == {
        "r": "16",
        "lora_alpha": "32",
        "target_modules": "q_proj, v_proj",
        "task_type": "CAUSAL_LM",
    }
    assert "modules_to_save" not in found.metadata
    assert list(placed(adapter())) == [A, B]


@pytest.mark.parametrize(
    ("base", "revision", "told"),
    [
        ("org/name", "abc123", ("hf:org/name@abc123",)),
        ("gpt2", None, ("gpt2",)),
        ("/home/ana/llama", None, ("/home/ana/llama",)),
        ("./llama", None, ("./llama",)),
        ("../../llama", None, ("../../llama",)),
        ("https://huggingface.co/org/name", "main", ("hf:org/name@main",)),
        ("", None, ()),
        (None, None, ()),
        (7, 7, ()),
    ],
)
def test_the_base_model_is_told_as_it_is_named(
    base: object, revision: object, told: tuple[str, ...]
) -> None:
    """A path stays a path; a name of the hub keeps its revision."""
    found = inspect(adapter(base_model_name_or_path=base, revision=revision))
    assert found.base_models == told


def test_variants_and_code_of_the_base_are_told() -> None:
    """A switch is part of the kind; a class of nobody's library is needed."""
    mapping = {"base_model_class": "MyModel", "parent_library": "my_package.models"}
    found = inspect(adapter(use_dora=True, use_rslora=True, auto_mapping=mapping))
    assert found.architecture == "LORA DoRA rsLoRA"
    assert found.needs_code == ("my_package.models.MyModel",)
    known = {"base_model_class": "LlamaModel", "parent_library": "transformers.models.llama"}
    assert inspect(adapter(auto_mapping=known)).needs_code == ()


def test_weights_that_are_missing_are_named() -> None:
    """Either form of them will do."""
    found = inspect(adapter(""))
    assert (found.format, rules(found)) == ("peft", {"folder.missing"})
    assert missing_of(adapter("")) == ("adapter_model.safetensors",)
    assert missing_of(adapter("adapter_model.bin")) == ()
    assert needs_of(adapter("adapter_model.bin")) == ("adapter_model.bin",)


def test_pickled_weights_can_run_code() -> None:
    """As every pickle can."""
    found = inspect(adapter("adapter_model.bin"))
    assert (found.format, found.verdict) == ("peft", "warning")


def test_an_adapters_weights_beside_a_whole_model_make_it_an_adapter() -> None:
    """Without them the whole model decides."""
    config = json.dumps({"model_type": "llama"}).encode()
    with_weights = adapter()
    files = {file.path: file.open().read() for file in with_weights.files}
    assert inspect(folder("f", files | {"config.json": config})).format == "peft"


@pytest.mark.parametrize("text", [b"[]", b"{", b'{"peft_type": NaN}', b"{}", b"\xff", b"[" * 9_999])
def test_a_hostile_configuration_makes_a_plain_folder(text: bytes) -> None:
    """What cannot be read decides nothing."""
    found = inspect(folder("f", {"adapter_config.json": text, "a.safetensors": WEIGHTS}))
    assert (found.format, found.tensors) == ("safetensors", 2)


def test_settings_of_any_shape_become_short_texts() -> None:
    """A list, a mapping or a text of any length."""
    modules = ["x"] * 9_999
    found = inspect(
        adapter(rank_pattern={"q": 1}, layers=list(range(9_999)), target_modules=modules)
    )
    assert found.metadata["rank_pattern"] == '{"q": 1}'
    assert all(len(text) <= 2_000 for text in found.metadata.values())
