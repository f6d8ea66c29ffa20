"""Weights from the file to the answer: the same tensors are known again in any container."""

from __future__ import annotations

import hashlib
import itertools
import os
import random
from collections.abc import Mapping
from pathlib import Path

import pytest

from modelshelf.artifacts import ranges
from modelshelf.catalog import tensors
from modelshelf.domain.errors import ModelshelfError
from modelshelf.domain.inspection import Weights
from modelshelf.registry import Registry
from modelshelf.registry.arrival import weighing
from tests.catalog.search_catalogs import Shelved, catalog, put
from tests.formats.builders import (
    long_text,
    npy,
    safetensors,
    stored_tensor,
    tensor,
    torch_zip,
    zipped,
)

Tensors = Mapping[str, tuple[tuple[int, ...], bytes]]


def some(seed: int, count: int = 4, elements: int = 64) -> dict[str, tuple[tuple[int, ...], bytes]]:
    """Return tensors of numbers that no other seed has."""
    chance = random.Random(seed)  # noqa: S311 - test data
    return {
        f"layer{n}.weight": ((2, elements // 2), chance.randbytes(4 * elements))
        for n in range(count)
    }


def as_safetensors(given: Tensors, **metadata: str) -> bytes:
    """Return a safetensors file."""
    ends = list(itertools.accumulate(len(data) for _, data in given.values()))
    header: dict[str, object] = {"__metadata__": metadata} if metadata else {}
    for (name, (shape, data)), end in zip(given.items(), ends, strict=True):
        header[name] = tensor(end - len(data), end, shape)
    return safetensors(header, b"".join(data for _, data in given.values()))


def as_npz(given: Tensors) -> bytes:
    """Return a .npz file."""
    head = "{{'descr': '<f4', 'fortran_order': False, 'shape': {}, }}"
    members = {f"{n}.npy": npy(head.format(shape), data) for n, (shape, data) in given.items()}
    return zipped(members)


def as_torch(given: Tensors) -> bytes:
    """Return what torch.save writes of a state dict."""
    state = b"".join(
        long_text(name) + stored_tensor("FloatStorage", str(number), shape)
        for number, (name, (shape, _)) in enumerate(given.items())
    )
    parts = {f"archive/data/{number}": data for number, (_, data) in enumerate(given.values())}
    return torch_zip(parts, b"\x80\x02}(" + state + b"u.")


def register(registry: Registry, model: str, name: str, data: bytes) -> str:
    """Register a file and return its reference."""
    file = registry.path.parent / model / name
    file.parent.mkdir(exist_ok=True)
    file.write_bytes(data)
    return registry.versions.register(model, file).version.reference


def weights(registry: Registry, reference: str) -> Weights:
    """Return the recorded weights of a version."""
    found = registry.versions.detail(reference).inspection.weights
    assert found is not None
    return found


@pytest.mark.parametrize("elements", [64, 200_000], ids=["a small file", "a large file"])
def test_tensors_have_the_digests_of_their_bytes(registry: Registry, elements: int) -> None:
    """Every tensor is recorded with name, type, shape and the SHA-256 of its elements."""
    given = some(1, elements=elements)
    found = weights(registry, register(registry, "a", "m.safetensors", as_safetensors(given)))
    assert [(t.name, t.dtype, t.shape, t.digest) for t in found.tensors] == [
        (name, "float32", shape, hashlib.sha256(data).hexdigest())
        for name, (shape, data) in given.items()
    ]
    assert (found.count, len(found.digest)) == (4, 64)


@pytest.mark.parametrize("elements", [64, 200_000], ids=["small files", "large files"])
def test_the_same_weights_are_known_again(registry: Registry, elements: int) -> None:
    """Other metadata, other names, another order, another container: the same weights."""
    given = some(1, elements=elements)
    renamed = {f"model.{name}": held for name, held in reversed(given.items())}
    first = register(registry, "a", "m.safetensors", as_safetensors(given))
    others = [
        register(registry, "b", "m.safetensors", as_safetensors(given, note="edited")),
        register(registry, "c", "m.safetensors", as_safetensors(renamed)),
        register(registry, "d", "m.npz", as_npz(given)),
    ]
    assert {weights(registry, other).digest for other in others} == {
        weights(registry, first).digest
    }
    found = registry.versions.same_weights(first)
    assert [(each.reference, each.share, each.exact) for each in found] == [
        (other, 1.0, True) for other in others
    ]
    assert registry.versions.same_weights(others[-1])[0].reference == first


def test_the_weights_of_a_torch_file_are_known_in_another(registry: Registry) -> None:
    """What torch.save wrote has the weights of the safetensors and the npz made from it."""
    given = some(1)
    first = register(registry, "a", "m.pt", as_torch(given))
    register(registry, "b", "m.safetensors", as_safetensors(given))
    register(registry, "c", "m.npz", as_npz(given))
    found = registry.versions.same_weights(first)
    assert [(each.reference, each.exact) for each in found] == [("b:v1", True), ("c:v1", True)]


def test_one_byte_makes_other_weights_that_are_nearly_the_same(registry: Registry) -> None:
    """A changed byte is another digest; the tensors that stayed are counted."""
    given = some(1)
    changed = given | {"layer0.weight": ((2, 32), given["layer0.weight"][1][:-1] + b"?")}
    first = register(registry, "a", "m.safetensors", as_safetensors(given))
    other = register(registry, "b", "m.safetensors", as_safetensors(changed))
    stranger = register(registry, "c", "m.safetensors", as_safetensors(some(2)))
    digests = {weights(registry, each).digest for each in (first, other, stranger)}
    assert len(digests) == 3
    (found,) = registry.versions.same_weights(first)
    assert (found.reference, found.share, found.exact) == (other, 0.75, False)
    assert registry.versions.same_weights(stranger) == ()


def test_the_past_knows_only_what_was_there(registry: Registry) -> None:
    """As of an entry, what was registered later is not among the answers."""
    given = some(1)
    first = register(registry, "a", "m.safetensors", as_safetensors(given))
    then = registry.audit.head()[0]
    second = register(registry, "b", "m.npz", as_npz(given))
    now = registry.audit.head()[0]
    for _ in range(3):
        register(registry, "c", "m.safetensors", as_safetensors(some(1) | some(9, 1)))
    assert registry.at(then).versions.same_weights(first) == ()
    assert [each.reference for each in registry.at(now).versions.same_weights(first)] == [second]
    registry.models.rename("b", "risk/b")
    assert [each.reference for each in registry.at(now).versions.same_weights(first)] == [second]
    assert registry.versions.same_weights(first)[0].reference == "risk/b:v1"


def test_a_large_file_is_not_read_again(
    registry: Registry, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No tensor is read from what is stored: the digests came from the read that stored it."""

    def never(*_: object) -> bytes:
        pytest.fail("a tensor was read again")

    monkeypatch.setattr(ranges, "_digest_at", never)
    data = as_safetensors(some(1, elements=200_000))
    assert weights(registry, register(registry, "a", "m.safetensors", data)).digest
    with pytest.raises(pytest.fail.Exception):  # and a small one is
        register(registry, "b", "m.safetensors", as_safetensors(some(1)))


def test_a_file_that_changes_after_the_question_is_weighed_as_it_is_stored(
    registry: Registry, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What was foretold of other bytes is not believed."""
    first, second = some(1, elements=200_000), some(2, count=3, elements=300_000)
    file = registry.path.parent / "m.safetensors"
    file.write_bytes(as_safetensors(first))
    foretell = weighing.foretell

    def change(path: Path, *only: object) -> object:
        told = foretell(path)
        del only
        path.write_bytes(as_safetensors(second))
        return told

    monkeypatch.setattr("modelshelf.registry.arrival.arriving.foretell", change)
    reference = registry.versions.register("a", file).version.reference
    other = register(registry, "b", "m.npz", as_npz(second))
    assert weights(registry, reference).digest == weights(registry, other).digest


def test_a_folder_is_weighed_by_its_files(registry: Registry) -> None:
    """A folder of two large files has the tensors of both; other files do not matter."""
    given = some(1, elements=200_000)
    folder = registry.path.parent / "folder"
    folder.mkdir()
    halves = list(given.items())
    (folder / "a.safetensors").write_bytes(as_safetensors(dict(halves[:2])))
    (folder / "b.safetensors").write_bytes(as_safetensors(dict(halves[2:])))
    (folder / "README.md").write_text("# Two\n", "utf-8")
    reference = registry.versions.register("a", folder).version.reference
    other = register(registry, "b", "m.npz", as_npz(given))
    assert weights(registry, reference).digest == weights(registry, other).digest != ""


@pytest.mark.parametrize("kind", ["link", "pipe", "nothing", "link in a folder"])
def test_nothing_is_asked_about_what_is_no_file(tmp_path: Path, kind: str) -> None:
    """Links are not followed and pipes not waited for, not even to look where tensors lie."""
    target, path = tmp_path / "target", tmp_path / "dropped"
    target.write_bytes(as_safetensors(some(1, elements=200_000)))
    if kind == "link":
        path.symlink_to(target)
    elif kind == "pipe":
        os.mkfifo(path)
    elif kind == "link in a folder":
        path.mkdir()
        (path / "m.safetensors").symlink_to(target)
    assert weighing.foretell(path) is None


def test_a_model_without_tensors_has_no_weights(registry: Registry) -> None:
    """What stores no tensors is not asked, and is the same as nothing."""
    reference = register(registry, "a", "m.pmml", b'<PMML version="4.4"><Header/></PMML>')
    assert registry.versions.detail(reference).inspection.weights is None
    assert registry.versions.same_weights(reference) == ()
    with pytest.raises(ModelshelfError):
        registry.versions.same_weights("a:v9")


def test_a_tensor_that_everybody_has_makes_no_question_slow() -> None:
    """With marks that thousands of versions share, few rows are looked at; the best is found."""
    many = 20_000
    with catalog([Shelved(n, f"m{n % 7}", n) for n in range(1, many + 1)]) as connection:
        own = [f"{n:016x}" for n in range(64)]
        connection.execute("BEGIN")
        put(connection, "tensor_mark", [(n, m) for n in range(1, many + 1) for m in own[:8]])
        put(connection, "tensor_mark", [(3, m) for m in own[8:60]])
        put(connection, "tensor_mark", [(many, m) for m in own[8:]])
        connection.execute("COMMIT")
        steps = 0

        def step() -> int:
            nonlocal steps
            steps += 1
            return 0

        connection.set_progress_handler(step, 1_000)
        found = tensors.same_weights(connection, many)
    assert [(each.id, each.share) for each in found] == [(3, 60 / 64)]
    assert steps < many  # a thousand operations each, where all marks are 160,000


def test_exact_comes_first_and_answers_are_few() -> None:
    """All with the same digest, the earliest first; never more than twenty."""
    with catalog([Shelved(n, "m", n) for n in range(1, 41)]) as connection:
        connection.execute("UPDATE version SET weights = 'w' WHERE id > 10")
        put(connection, "tensor_mark", [(n, m) for n in range(1, 41) for m in ("a", "b")])
        found = tensors.same_weights(connection, 40)
        assert [each.id for each in found] == list(range(11, 31))
        near = tensors.same_weights(connection, 1)
        assert len(near) == 20
        assert not any(each.exact for each in near)
        connection.execute("UPDATE version SET weights = ''")
        assert not any(each.exact for each in tensors.same_weights(connection, 40))


def test_one_tensor_in_common_is_no_kinship() -> None:
    """A single shared tensor, such as one of zeros, is not offered, nor less than half."""
    with catalog([Shelved(n, "m", n) for n in range(1, 4)]) as connection:
        put(connection, "tensor_mark", [(1, "zeros"), (2, "zeros")])
        assert tensors.same_weights(connection, 1) == ()
        put(connection, "tensor_mark", [(n, m) for n in (1, 3) for m in "ab"])
        put(connection, "tensor_mark", [(1, m) for m in "cde"])
        assert tensors.same_weights(connection, 1) == ()
        assert [each.id for each in tensors.same_weights(connection, 3)] == [1]


def test_questions_use_the_indexes() -> None:
    """No table is scanned."""
    values = {"id": 1, "until": 9, "most": 9, "mark": "m", "weights": "w", "ids": "[]"}
    values["marks"] = "[]"
    statements = [v for k, v in vars(tensors).items() if k.startswith("_") and k.isupper()]
    asked = [s for s in statements if isinstance(s, str) and "audit" not in s]
    with catalog([Shelved(1, "m", 1)]) as connection:
        for statement in asked:
            steps = connection.execute(f"EXPLAIN QUERY PLAN {statement}", values).fetchall()
            scans = [row[3] for row in steps if row[3].startswith("SCAN")]
            assert all("VIRTUAL TABLE" in scan or "json_each" in scan for scan in scans), scans
    assert len(asked) == 6
