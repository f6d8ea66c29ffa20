"""Hugging Face folders: configurations, cards, parts of pipelines, and code that comes along."""

from __future__ import annotations

import json

import pytest

from modelshelf.domain.inspection import Inspection
from modelshelf.formats import inspect
from tests.formats.builders import details, fixture, folder, rules, safetensors, tensor
from tests.formats.weighing import missing_of, needs_of, placed

CONFIG = {"architectures": ["BertModel"], "model_type": "bert", "transformers_version": "4.57.0"}
WEIGHTS = fixture("layers.safetensors")


def files(**contents: object) -> dict[str, bytes]:
    """Return JSON files by path, which is written with ``_json`` for its extension."""
    return {
        path.replace("_json", ".json"): json.dumps(value).encode()
        for path, value in contents.items()
    }


def model(**contents: object) -> dict[str, bytes]:
    """Return the files of a model of transformers, and more."""
    return {"config.json": json.dumps(CONFIG).encode(), "model.safetensors": WEIGHTS} | files(
        **contents
    )


def seen(contents: dict[str, bytes]) -> Inspection:
    """Look into a folder."""
    return inspect(folder("model", contents))


def card(head: bytes) -> dict[str, bytes]:
    """Return a model with a card."""
    return model() | {"README.md": b"---\n" + head + b"\n---\n# A model\n"}


def test_a_model_of_transformers_is_described() -> None:
    """Kind, version, tokenizer, generation and the weights with plain names."""
    more = files(
        tokenizer_config_json={"tokenizer_class": "BertTokenizer"},
        generation_config_json={"temperature": 0.7, "transformers_version": "4", "x": [1]},
    )
    found = seen(model() | more)
    assert (found.format, found.framework) == ("huggingface", "Transformers 4.57.0")
    assert (found.architecture, found.parameters, found.verdict) == ("BertModel", 19, "clean")
    assert found.metadata["tokenizer_class"] == "BertTokenizer"
    assert found.metadata["generation.temperature"] == "0.7"
    names = placed(folder("f", {"model.safetensors": WEIGHTS}))
    assert placed(folder("f", model() | {"pytorch_model.bin": WEIGHTS})) == names


def test_the_card_tells_licence_and_base() -> None:
    """Its head is YAML; a licence called other has a name of its own."""
    found = seen(
        card(b"license: other\nlicense_name: llama3\nbase_model:\n- org/a\n- gpt2\ntags: [x, y]")
    )
    assert found.license == "llama3"
    assert found.base_models == ("hf:org/a", "gpt2")
    assert found.metadata["card.tags"] == "x, y"
    assert found.verdict == "clean"
    assert seen(card(b"license: mit")).license == "mit"


def test_a_card_with_endless_results_still_tells_its_licence() -> None:
    """Only the keys that are used are read."""
    results = b"model-index:\n" + b"- {name: a, value: 1}\n" * 20_000
    found = seen(card(results + b"license: mit\n" + results.replace(b"index", b"more")))
    assert (found.license, found.verdict) == ("mit", "clean")


@pytest.mark.parametrize(
    "head",
    [
        b"license: !!python/object/apply:os.system [x]",
        b"license: &a mit",
        b"license: a\nlicense: b",
        b"license: [",
        b"license: \xff",
        b"tags: " + b"[" * 50 + b"]" * 50,
        b"tags:\n" + b"- a\n" * 20_000,
    ],
)
def test_a_hostile_card_is_pointed_out_and_not_believed(head: bytes) -> None:
    """The model beside it is still described."""
    found = seen(card(head))
    assert (found.format, found.license, found.parameters) == ("huggingface", "", 19)
    assert (found.verdict, "card.unreadable" in rules(found)) == ("warning", True)


@pytest.mark.parametrize(
    "text", [b"# Only words", b"---\nlicense: mit\n", b"", b"license: mit\n---\n"]
)
def test_a_card_without_a_head_says_nothing(text: bytes) -> None:
    """A head stands between two rules at the very start."""
    found = seen(model() | {"README.md": text})
    assert (found.license, found.verdict) == ("", "clean")


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"quant_method": "gptq", "bits": 4}, "gptq 4 bit"),
        ({"quant_method": "awq", "w_bit": 4}, "awq 4 bit"),
        (
            {"quant_method": "bitsandbytes", "load_in_4bit": True, "bnb_4bit_quant_type": "nf4"},
            "bitsandbytes nf4",
        ),
        ({"quant_method": "bitsandbytes", "load_in_8bit": True}, "bitsandbytes int8"),
        ({"quant_method": "fp8"}, "fp8"),
        (
            {"quant_method": "compressed-tensors", "format": "pack-quantized"},
            "compressed-tensors pack-quantized",
        ),
        ({"bits": True}, ""),
        ("gptq", ""),
    ],
)
def test_quantization_is_told_by_the_configuration(settings: object, words: str) -> None:
    """Method and width."""
    assert seen(model(config_json=CONFIG | {"quantization_config": settings})).quantization == words


def test_quantization_is_told_by_the_file_beside_it_or_by_the_weights() -> None:
    """Where the configuration does not say."""
    assert seen(model(quantize_config_json={"bits": 8})).quantization == "gptq 8 bit"
    weights = safetensors({"w": tensor(0, 4, [4], "I8")}, bytes(4))
    assert seen(model() | {"model.safetensors": weights}).quantization == "int8"


def test_what_is_counted_is_said_where_weights_are_packed() -> None:
    """A packed element holds several weights, and nobody can tell how many were meant."""
    weights = safetensors({"l.qweight": tensor(0, 8, [2], "I32")}, bytes(8))
    found = seen(model() | {"model.safetensors": weights})
    assert (found.parameters, found.quantization) == (2, "packed int32")
    assert found.metadata["parameters"] == "stored elements; some hold several weights each"


def test_code_that_comes_along_is_named() -> None:
    """The classes, and the files that should hold them."""
    config = CONFIG | {
        "auto_map": {"AutoModel": "modeling_x.X", "AutoConfig": "other/repo--conf.C"}
    }
    tokenizer = {"auto_map": {"AutoTokenizer": ["tok.Slow", None]}}
    more = {"custom_pipelines": {"p": {"impl": "pipe.P"}}}
    contents = model(config_json=config | more, tokenizer_config_json=tokenizer)
    found = seen(contents)
    assert found.needs_code == ("modeling_x.X", "other/repo--conf.C", "pipe.P", "tok.Slow")
    assert "huggingface.remote_code" in rules(found)
    assert missing_of(folder("f", contents)) == ("modeling_x.py", "pipe.py", "tok.py")
    held = dict.fromkeys(("modeling_x.py", "pipe.py", "tok.py"), b"import os\n")
    assert missing_of(folder("f", contents | held)) == ()


@pytest.mark.parametrize(
    "value", [7, [[["a.B"]]], {"A": {"b": "c"}}, {"A": "../../x.B"}, {"A": "/x.B"}]
)
def test_a_map_of_code_of_any_shape_is_read(value: object) -> None:
    """No file outside the folder is ever asked for."""
    contents = model(config_json=CONFIG | {"auto_map": value})
    assert seen(contents).format == "huggingface"
    assert all(not name.startswith(("/", "..")) for name in needs_of(folder("f", contents)))


def test_chat_templates_are_pointed_out_wherever_they_are() -> None:
    """In the tokenizer's configuration, in files of their own, and among several."""
    contents = model(tokenizer_config_json={"chat_template": "{{ x }}"})
    contents |= {"chat_template.jinja": b"{{ x }}", "additional_chat_templates/a.jinja": b"{{ y }}"}
    found = seen(contents)
    places = {f.where for f in found.findings if f.rule == "huggingface.chat_template"}
    assert places == {
        "model/tokenizer_config.json",
        "model/chat_template.jinja",
        "model/additional_chat_templates/a.jinja",
    }
    assert found.verdict == "warning"


MODULES = [
    {"path": "", "type": "sentence_transformers.models.Transformer"},
    {"path": "1_Pooling", "type": "sentence_transformers.sentence_transformer.modules.Pooling"},
    {"path": "2_Normalize", "type": "sentence_transformers.models.Normalize"},
]


def test_a_sentence_encoder_is_described() -> None:
    """Its modules, their files, and both versions; an empty module needs no folder."""
    version = {"__version__": {"sentence_transformers": "3.0.1"}}
    contents = model(modules_json=MODULES, config_sentence_transformers_json=version)
    found = seen(contents)
    assert (found.framework, found.producer) == (
        "Sentence Transformers 3.0.1",
        "Transformers 4.57.0",
    )
    assert [found.metadata[f"module.{n}"] for n in range(3)] == [
        "Transformer",
        "Pooling",
        "Normalize",
    ]
    assert missing_of(folder("f", contents)) == ("1_Pooling/config.json",)


def test_a_module_of_somebody_is_code() -> None:
    """It is imported from the folder."""
    found = seen(model(modules_json=[*MODULES, {"path": "x", "type": "mine.Thing"}]))
    assert found.needs_code == ("mine.Thing",)


PIPELINE = {
    "_class_name": "StableDiffusionPipeline",
    "_diffusers_version": "0.30.0",
    "feature_extractor": ["transformers", "CLIPImageProcessor"],
    "requires_safety_checker": True,
    "safety_checker": [None, None],
    "scheduler": ["diffusers", "PNDMScheduler"],
    "tokenizer": ["transformers", "CLIPTokenizer"],
    "unet": ["diffusers", "UNet2DConditionModel"],
    "vae": ["diffusers", "AutoencoderKL"],
}
PARTS = {
    "feature_extractor/preprocessor_config.json": b"{}",
    "scheduler/scheduler_config.json": b"{}",
    "tokenizer/tokenizer_config.json": b"{}",
    "unet/config.json": b"{}",
    "unet/diffusion_pytorch_model.fp16.safetensors": WEIGHTS,
    "vae/config.json": b"{}",
    "vae/diffusion_pytorch_model.safetensors": WEIGHTS,
    "vae/diffusion_pytorch_model.fp16.safetensors": WEIGHTS,
}


def test_a_pipeline_of_diffusers_is_described() -> None:
    """Its parts with their classes; weights in two precisions count once."""
    found = seen(files(model_index_json=PIPELINE) | PARTS)
    assert (found.format, found.framework) == ("huggingface", "Diffusers 0.30.0")
    assert found.architecture == "StableDiffusionPipeline"
    assert found.metadata["part.unet"] == "UNet2DConditionModel"
    assert (found.tensors, found.parameters, found.verdict) == (8, 38, "clean")
    given = folder("f", files(model_index_json=PIPELINE) | PARTS)
    assert all(name.startswith(("unet/", "vae/")) for name in placed(given))


@pytest.mark.parametrize("name", [path for path in PARTS if path.endswith("config.json")])
def test_each_part_of_a_pipeline_is_needed(name: str) -> None:
    """Without its description it cannot be loaded."""
    contents = files(model_index_json=PIPELINE) | PARTS
    del contents[name]
    assert missing_of(folder("f", contents)) == (name,)
    assert "folder.missing" in rules(seen(contents))


def test_weights_of_a_part_are_needed() -> None:
    """In any of their forms; when there are none, the usual one is named."""
    contents = files(model_index_json=PIPELINE) | PARTS
    del contents["unet/diffusion_pytorch_model.fp16.safetensors"]
    assert missing_of(folder("f", contents)) == ("unet/diffusion_pytorch_model.safetensors",)


def test_parts_of_a_pipeline_that_are_code_are_named() -> None:
    """A module in the folder of the part, or a class of the whole pipeline."""
    pipeline = PIPELINE | {"_class_name": ["my_pipeline", "Mine"], "vae": ["my_vae", "Vae"]}
    found = seen(files(model_index_json=pipeline) | PARTS | {"vae/my_vae.py": b"import os\n"})
    assert found.needs_code == ("my_vae.Vae", "my_pipeline.Mine")
    assert {"huggingface.remote_code", "unknown.code"} <= rules(found)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("model_index.json", {"_class_name": 7, "../../x": ["diffusers", "UNet"], "y": ["a", 1]}),
        ("modules.json", [{"path": "../..", "type": "sentence_transformers.models.Pooling"}, 7]),
        ("config_sentence_transformers.json", {"__version__": 7}),
        ("generation_config.json", [1]),
        ("tokenizer_config.json", {"chat_template": [{"name": "x"}], "tokenizer_class": 7}),
    ],
)
def test_files_of_any_shape_are_looked_at(name: str, value: object) -> None:
    """What is not as it should be says nothing, and nothing outside is asked for."""
    contents = model() | {name: json.dumps(value).encode()}
    found = seen(contents)
    assert (found.format, found.parameters) == ("huggingface", 19)
    assert not any("failed" in rule or "malformed" in rule for rule in rules(found))
    assert all(not each.startswith(("/", "..")) for each in needs_of(folder("f", contents)))


def test_inputs_of_an_exported_graph_are_the_models() -> None:
    """Only the graph declares them."""
    found = seen(model() | {"onnx/model.onnx": fixture("graph.onnx")})
    assert [spec.name for spec in found.inputs] == ["x", "flag"]
    assert (found.tensors, found.parameters) == (4, 19)


def test_weights_of_other_formats_are_counted_once() -> None:
    """Of several quantizations the largest."""
    contents = {"config.json": json.dumps(CONFIG).encode(), "q.gguf": fixture("tiny.gguf")}
    found = seen(contents | {"q2.gguf": fixture("tiny.gguf") + bytes(8)})
    assert (found.parameters, found.quantization) == (224, "Q8_0")
    assert details(found, "huggingface.remote_code") == []
