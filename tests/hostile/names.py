"""Names that a terminal, a shell, a file system or an old program would obey."""

from __future__ import annotations

from tests.formats.builders import safetensors, tensor
from tests.hostile.case import Case, Expected, file, folder
from tests.hostile.onnx import INDEX

_COUNT = iter(range(1, 10_000))


def _weights() -> bytes:
    """Return weights that no other case has."""
    return safetensors({"w": tensor(0, 4, [1])}, next(_COUNT).to_bytes(4, "little"))


def _file(id_: str, name: str, expected: Expected = "clean") -> Case:
    return file(f"name-{id_}", name, _weights(), expected)


def _hidden(id_: str, name: str) -> Case:
    """A drop folder passes it over for its dot; who names it by hand means it."""
    return file(f"name-{id_}", name, _weights(), "ignored", by_hand="clean")


def _temporary(id_: str, name: str) -> Case:
    """A drop folder passes it over; who names it by hand means it."""
    return file(f"temporary-{id_}", name, _weights(), "ignored", by_hand="clean")


def _model(id_: str, model: str) -> Case:
    case = file(f"model-{id_}", "m.safetensors", _weights(), "refused")
    return Case(case.id, case.name, case.make, "refused", model=model)


def _clash(id_: str, *names: str) -> Case:
    return folder(f"clash-{id_}", {**INDEX, **{name: _weights() for name in names}}, "refused")


FILES = (
    _file("escape", "a\x1b[2J.safetensors"),
    _file("clipboard", "a\x1b]52;c;ZXZpbA==\x07.safetensors"),
    _file("c1-control", "a\x9b1A.safetensors"),
    _file("newline", "a\nb\rc.safetensors"),
    _file("right-to-left", "a\u202efdp.safetensors"),
    _file("bidi-isolate", "a\u2066\u2069.safetensors"),
    _file("zero-width", "a\u200b\ufeffb.safetensors"),
    _file("private-use", "a\ue000.safetensors"),
    _file("markup", "[bold]a[red on [link=x].safetensors"),
    _file("shell", "a'\"$(id)`id`;&|.safetensors"),
    _file("sql", "'; DROP TABLE version; --.safetensors"),
    _file("format", "{0.__class__}%s%n.safetensors"),
    _hidden("backslash", "..\\..\\evil.safetensors"),
    _hidden("dots-like", "...safetensors"),
    _file("dash", "-rf.safetensors"),
    _file("space", " .safetensors"),
    _file("255-bytes", "n" * 243 + ".safetensors"),
    _file("127-umlauts", "ü" * 121 + ".safetensors"),
    _file("combining", "a" + "\u0301" * 100 + ".safetensors"),
    _file("windows-device", "CON.safetensors"),
    _file("windows-stream", "a:b.safetensors"),
    _hidden("only-dots", "....x"),
    _file("no-utf-8", "a\udcff\udcfe.safetensors", "refused"),
    _file("no-utf-8-and-escape", "a\udcff\x1b]0;x\x07.safetensors", "refused"),
)

# All 19 ways in which programs name what they are still writing, or have left behind.
TEMPORARY = (
    _temporary("dot", ".m.safetensors"),
    _temporary("part", "m.safetensors.part"),
    _temporary("partial", "m.safetensors.partial"),
    _temporary("tmp", "m.tmp"),
    _temporary("temp", "m.TEMP"),
    _temporary("crdownload", "m.crdownload"),
    _temporary("download", "m.download"),
    _temporary("aria2", "m.safetensors.aria2"),
    _temporary("filepart", "m.filepart"),
    _temporary("swp", ".m.swp"),
    _temporary("swx", "m.swx"),
    _temporary("tilde", "m.safetensors~"),
    _temporary("office", "~$m.safetensors"),
    _temporary("office-lock", ".~lock.m.safetensors#"),
    _temporary("nfs", ".nfs0000000001"),
    _temporary("gnome", ".goutputstream-ABC123"),
    _temporary("apple", "._m.safetensors"),
    _temporary("rsync", ".m.safetensors.Xy12Zz"),
    _temporary("hub", "m.safetensors.incomplete"),
)

MODELS = (
    _model("device", "CON"),
    _model("device-with-suffix", "nul.v1"),
    _model("dash", "-rf"),
    _model("newline", "a\nb"),
    _model("escape", "a\x1b[2J"),
    _model("markup", "[bold]a"),
    _model("stage", "a@production"),
    _model("reference", "a:v3"),
    _model("too-long", "x" * 201),
    _model("letters", "naïve"),
    _model("no-utf-8", "a\udcff"),
)

FOLDERS = (
    _clash("case", "a/Weights.bin", "a/weights.bin"),
    _clash("folders", "A/x.bin", "a/y.bin"),
    _clash("accents", "caf\u00e9.bin", "cafe\u0301.bin"),
    _clash("sharp-s", "stra\u00dfe.bin", "strasse.bin"),
    folder("member-no-utf-8", {**INDEX, "a\udcff.bin": b"1"}, "refused"),
    folder("member-escape", {**INDEX, "a\x1b[2J\n.bin": b"text"}, "clean"),
    folder("member-markup", {**INDEX, "[/]/[red].txt": b"text"}, "clean"),
)

CASES: tuple[Case, ...] = (*FILES, *TEMPORARY, *MODELS, *FOLDERS)
