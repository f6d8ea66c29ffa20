"""Folders of Transformers and PEFT, as they write and read them with PyTorch."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import peft
import torch
import transformers

from tests.real.makers.tensors import of_safetensors
from tests.real.stated import Stated

BASE = "acme/bert-tiny"


def network(folder: Path) -> Stated:
    """A small BERT."""
    _network().save_pretrained(folder / "bert")
    return _read(folder / "bert")


def sharded(folder: Path) -> Stated:
    """The same with its weights in several files."""
    _network().save_pretrained(folder / "parts", max_shard_size="20KB")
    return _read(folder / "parts")


def adapter(folder: Path) -> Stated:
    """What fine-tuning changed, without the network that it changes."""
    path = folder / "adapter"
    settings = peft.LoraConfig(r=4, lora_alpha=8, target_modules=["query", "value"])
    network = _network()
    network.name_or_path = BASE  # as one that was fetched from there has it
    peft.get_peft_model(network, settings).save_pretrained(path)
    config = peft.PeftConfig.from_pretrained(path)
    tensors = of_safetensors(path / "adapter_model.safetensors")
    says = {
        "format": "peft",
        "verdict": "clean",
        "framework": f"PEFT {peft.__version__}",
        "architecture": config.peft_type.value,
        "base_models": (f"hf:{config.base_model_name_or_path}",),
        "parameters": tensors.says["parameters"],
        "tensors": tensors.says["tensors"],
    }
    metadata = {"r": str(config.r), "lora_alpha": str(config.lora_alpha)}
    return Stated(path, says, metadata, weights=tensors.weights)


def _network() -> Any:  # noqa: ANN401 - transformers is not typed here
    torch.manual_seed(7)
    sizes = {"hidden_size": 16, "num_hidden_layers": 2, "num_attention_heads": 2}
    sizes |= {"vocab_size": 100, "intermediate_size": 32, "max_position_embeddings": 32}
    return transformers.BertForSequenceClassification(transformers.BertConfig(**sizes))


def _read(path: Path) -> Stated:
    read = transformers.AutoModelForSequenceClassification.from_pretrained(path)
    parts = [of_safetensors(part) for part in sorted(path.glob("*.safetensors"))]
    weights = tuple(each for part in parts for each in part.weights or ())
    config = json.loads((path / "config.json").read_text(encoding="utf-8"))
    says = {
        "format": "huggingface",
        "verdict": "clean",
        "framework": f"Transformers {config['transformers_version']}",
        "architecture": type(read).__name__,
        "parameters": read.num_parameters(),
        "tensors": len(weights),
    }
    metadata = {"model_type": read.config.model_type, "vocab_size": str(read.config.vocab_size)}
    return Stated(path, says, metadata, weights=weights)
