"""The inspectors that there are, in the order in which they are asked."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache

from modelshelf.domain.inspection import Finding
from modelshelf.formats.families.archive import Compressed, TarArchive, ZipArchive
from modelshelf.formats.families.catboost import Catboost, CatboostJson
from modelshelf.formats.families.coreml import CoreMl
from modelshelf.formats.families.fasttext import FastText
from modelshelf.formats.families.folder import PlainFolder
from modelshelf.formats.families.gguf import Gguf
from modelshelf.formats.families.hdf5 import Hdf5
from modelshelf.formats.families.huggingface import HuggingFace
from modelshelf.formats.families.keras import Keras
from modelshelf.formats.families.lightgbm import Lightgbm
from modelshelf.formats.families.mlflow import Mlflow
from modelshelf.formats.families.mlpackage import MlPackage
from modelshelf.formats.families.numpy import Npy, Npz
from modelshelf.formats.families.onnx import Onnx
from modelshelf.formats.families.openvino import Openvino
from modelshelf.formats.families.peft import Peft
from modelshelf.formats.families.pickle import Pickle
from modelshelf.formats.families.pmml import Pmml
from modelshelf.formats.families.safetensors import Safetensors
from modelshelf.formats.families.savedmodel import SavedModel, SavedModelFolder
from modelshelf.formats.families.sharded import ShardIndex
from modelshelf.formats.families.skops import Skops
from modelshelf.formats.families.spacy import Spacy
from modelshelf.formats.families.tflite import TfLite
from modelshelf.formats.families.torch import TorchZip
from modelshelf.formats.families.torch_export import TorchExport
from modelshelf.formats.families.torch_legacy import TorchLegacy
from modelshelf.formats.families.unknown import Unknown
from modelshelf.formats.families.xgboost import XgboostBinary, XgboostJson, XgboostUbjson
from modelshelf.formats.interface import Inspector
from modelshelf.formats.members import FileLook
from modelshelf.formats.third_party import Fenced, Found, find


def inspectors() -> tuple[Inspector, ...]:
    """Return all inspectors; of two that are equally sure, the earlier one is taken."""
    return gathered(_others().inspectors)


def notices() -> tuple[Finding, ...]:
    """Return what is wrong with the inspectors that installed packages declare."""
    return _others().notices


@cache
def _others() -> Found:
    """Find them once in a process, when something is first looked into."""
    return find()


def gathered(others: Iterable[Inspector]) -> tuple[Inspector, ...]:
    """Return our own inspectors, and behind them those of others, fenced in."""
    given = tuple(others)
    files = _of_files()
    every = (*files, *(Fenced(each, files) for each in given if each.kind == "file"))
    # A folder's inspector looks into its files with the others; folders in folders are one folder.
    folders = _of_folders(FileLook(every))
    return (*every, *folders, *(Fenced(each, folders) for each in given if each.kind == "folder"))


def _of_files() -> tuple[Inspector, ...]:
    return (
        TorchLegacy(),
        Pickle(),
        Safetensors(),
        ShardIndex(),
        Onnx(),
        Gguf(),
        Hdf5(),
        SavedModel(),
        TfLite(),
        CoreMl(),
        Npy(),
        Pmml(),
        Openvino(),
        Lightgbm(),
        XgboostJson(),
        XgboostUbjson(),
        XgboostBinary(),
        Catboost(),
        CatboostJson(),
        FastText(),
        TorchExport(),
        TorchZip(),
        Keras(),
        Skops(),
        Npz(),
        ZipArchive(),
        TarArchive(),
        Compressed(),
        Unknown(),
    )


def _of_folders(look_into: FileLook) -> tuple[Inspector, ...]:
    return (
        Mlflow(look_into),
        Peft(look_into),
        HuggingFace(look_into),
        Spacy(look_into),
        SavedModelFolder(look_into),
        MlPackage(look_into),
        PlainFolder(look_into),
    )
