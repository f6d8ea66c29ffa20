"""Payloads in other clothes: compressed, in archives of every kind, and under any name."""

from __future__ import annotations

import bz2
import gzip
import lzma
import pickle
import struct
import zipfile
import zlib
from collections.abc import Callable

from tests.formats.builders import npy, short_text, tarred, torch_zip, zipped
from tests.hostile.case import Bytes, Case, Stage, file
from tests.hostile.pickles import DENIED, mkdir

_OBJECTS = "{'descr': '|O', 'fortran_order': False, 'shape': (1,), }"


def _packed(pack: Callable[[bytes], bytes]) -> Bytes:
    return lambda stage: pack(mkdir(stage))


def _lzma(data: bytes) -> bytes:
    return lzma.compress(data, lzma.FORMAT_ALONE)


def _halves(data: bytes) -> bytes:
    return zlib.compress(data[:3]) + zlib.compress(data[3:])


def _in_zip(name: str, method: int = zipfile.ZIP_STORED) -> Bytes:
    return lambda stage: zipped({"readme.txt": b"hello", name: mkdir(stage)}, method)


def _deep_zip(stage: Stage) -> bytes:
    return zipped({"a.zip": zipped({"b.zip": zipped({"c.zip": zipped({"d": mkdir(stage)})})})})


def _bomb() -> bytes:
    packer = zlib.compressobj(9)
    data = packer.compress(b"\x80\x04B" + struct.pack("<I", 70_000_000))
    return data + packer.compress(bytes(70_000_000)) + packer.flush()


def _two_readings(stage: Stage) -> bytes:
    """An array of bytes to joblib, opcodes to pickle."""
    array = b"0" + mkdir(stage)
    array += b" " * (-len(array) % 4)
    size = str(len(array) // 4).encode()
    dtype = b"X" + struct.pack("<I", len(size) + 1) + b"V" + size + b"\x85R"
    wrapper = b"\x80\x02cjoblib.numpy_pickle\nNumpyArrayWrapper\n)\x81}(" + b"U\x05shapeK\x04\x85"
    return wrapper + b"U\x05dtypecnumpy\ndtype\n" + dtype + b"ub" + array + b"."


COMPRESSED = (
    file("packed-gzip", "m.pkl.gz", _packed(gzip.compress), rule=DENIED),
    file("packed-zlib", "m.joblib", _packed(zlib.compress), rule=DENIED),
    file("packed-bz2", "m.joblib", _packed(bz2.compress), rule=DENIED),
    file("packed-xz", "m.joblib", _packed(lzma.compress), rule=DENIED),
    file("packed-lzma", "m.joblib", _packed(_lzma), rule=DENIED),
    file("packed-in-two-streams", "m.joblib", _packed(_halves), rule=DENIED),
    file("packed-lz4", "m.joblib", b"\x04\x22\x4d\x18" + bytes(40), rule=".limit"),
    file("packed-and-cut", "m.joblib", lambda s: zlib.compress(mkdir(s))[:-6]),
    file("packed-twice", "m.joblib", lambda s: gzip.compress(gzip.compress(mkdir(s))), "warning",
         "archive.unread"),
    file("packed-bomb", "m.joblib", lambda _: _bomb(), rule="pickle.limit"),
    file("joblib-two-readings", "m.joblib", _two_readings, rule="pickle.two_readings"),
    file("joblib-wrapper-in-a-call", "m.joblib",
         b"cm\nf\n(cjoblib.numpy_pickle\nNumpyArrayWrapper\ntR" + bytes(32) + b".",
         rule="pickle.unresolvable"),
)  # fmt: skip

INSIDE = (
    file("zip-pickle", "m.zip", _in_zip("model.pkl"), rule=DENIED),
    file("zip-pickle-odd-name", "m.zip", _in_zip("weights.txt"), rule=DENIED),
    file("zip-pickle-no-name", "m.bin", _in_zip("x"), rule=DENIED),
    file("zip-pickle-deflated", "m.zip", _in_zip("a.dat", zipfile.ZIP_DEFLATED), rule=DENIED),
    file("zip-pickle-compressed", "m.zip", lambda s: zipped({"a": gzip.compress(mkdir(s))}),
         rule=DENIED),
    file("zip-in-a-zip", "m.zip", lambda s: zipped({"a.zip": zipped({"b": mkdir(s)})}),
         rule=DENIED),
    file("zip-four-deep", "m.zip", _deep_zip, "warning", "zip.nested"),
    file("zip-deflated-in-a-zip", "m.zip",
         lambda s: zipped({"a.zip": zipped({"b": mkdir(s)})}, zipfile.ZIP_DEFLATED), "warning",
         "zip.nested"),
    file("tar-pickle", "m.tar", lambda s: tarred({"x.dat": mkdir(s)}), rule=DENIED),
    file("tar-gz-pickle", "m.tar.gz", lambda s: tarred({"x": mkdir(s)}, "w:gz"), rule=DENIED),
    file("tar-bz2-pickle", "m.tgz", lambda s: tarred({"x": mkdir(s)}, "w:bz2"), rule=DENIED),
    file("tar-xz-pickle", "m.tar", lambda s: tarred({"x": mkdir(s)}, "w:xz"), rule=DENIED),
    file("npy-objects", "m.npy", lambda s: npy(_OBJECTS, mkdir(s)), rule=DENIED),
    file("npz-objects", "m.npz", lambda s: zipped({"a.npy": npy(_OBJECTS, mkdir(s))}), rule=DENIED),
    file("npz-extra-pickle", "m.npz", lambda s: zipped({"a.npy": npy(_OBJECTS), "b": mkdir(s)}),
         rule=DENIED),
    file("npy-header-calls", "m.npy", npy("__import__('os').getcwd()"), rule="npy.malformed"),
    file("npy-shape-lies", "m.npy",
         npy("{'descr': '<f8', 'fortran_order': False, 'shape': (1000000000000, ), }"),
         rule="npy.malformed", waits=True),
    file("npy-header-length-lies", "m.npy", b"\x93NUMPY\x02\x00\xff\xff\xff\xff{}",
         rule="npy.malformed"),
    file("npy-nested-header", "m.npy", npy("(" * 5_000 + ")" * 5_000), rule="npy.malformed"),
)  # fmt: skip

DISGUISED = (
    file("named-onnx", "model.onnx", mkdir, rule=DENIED),
    file("named-safetensors", "model.safetensors", mkdir, rule=DENIED),
    file("named-txt", "labels.txt", mkdir, rule=DENIED),
    file("named-nothing", "model", mkdir, rule=DENIED),
    file("named-gguf", "model.gguf", lambda s: b"\x80\x04" + mkdir(s), rule=DENIED),
    file("elf", "model.bin", lambda s: b"\x7fELF\x02\x01\x01" + bytes(9) + mkdir(s), "warning",
         "unknown.code"),
    file("script", "model.bin", b"#!/bin/sh\nexit 1\n", "warning", "unknown.code"),
    file("html", "model.h5", b"<!doctype html><html><body>404</body></html>", "clean"),
    file("torch-named-onnx", "m.onnx", lambda s: torch_zip(root=mkdir(s)), rule=DENIED),
    file("random-bytes", "model.bin", bytes((n * 137 + 11) % 251 for n in range(4_000)), "warning",
         "unknown.format"),
    file("pickle-of-text", "notes.txt", b"cat\ndog\nbird\n", "clean"),
    file("cloudpickle-function", "m.pkl",
         b"\x80\x04" + short_text("cloudpickle.cloudpickle") + short_text("_make_cell")
         + b"\x93N\x85R.", "warning", "pickle.code"),
    file("two-honest-pickles", "m.pkl", pickle.dumps([1]) + pickle.dumps([2]), "warning",
         "pickle.second_stream"),
)  # fmt: skip

CASES: tuple[Case, ...] = (*COMPRESSED, *INSIDE, *DISGUISED)
