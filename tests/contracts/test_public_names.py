"""What `import modelshelf` promises: these names, and none of them before it is asked for."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

import modelshelf
from tests.contracts.loaded import run


def rank(name: str) -> tuple[int, str]:
    """Order names as the linter does in `__all__`: constants, then classes, then the rest."""
    if len(name) > 1 and name.isupper():
        return 0, name
    return (1 if name[0].isupper() else 2), name


def test_the_public_names_are_sorted_and_unique() -> None:
    """`__all__` holds each name once, in the order in which one looks for it."""
    assert list(modelshelf.__all__) == sorted(set(modelshelf.__all__), key=rank)
    assert "__version__" in modelshelf.__all__


@pytest.mark.parametrize("name", modelshelf.__all__)
def test_a_public_name_can_be_had(name: str) -> None:
    """Every name in `__all__` is there, and `dir()` shows it."""
    assert getattr(modelshelf, name) is not None
    assert name in dir(modelshelf)


def test_an_unknown_name_is_an_attribute_error() -> None:
    """A name that is not promised fails as on any module."""
    name = "no_such_name"
    with pytest.raises(AttributeError, match=name):
        getattr(modelshelf, name)


def test_importing_the_package_loads_nothing(tmp_path: Path) -> None:
    """The bare import loads neither a slow library nor a floor of our own."""
    done = run("import modelshelf; print(modelshelf.__version__)", scratch=tmp_path)
    assert (done.code, done.heavy) == (0, set()), done.stderr
    assert done.stdout.strip() == modelshelf.__version__
    ours = {name for name in done.modules if name.startswith("modelshelf.")}
    assert ours <= {"modelshelf._version"}


def test_public_names_are_resolved_one_by_one(tmp_path: Path) -> None:
    """Asking for an error or a value does not start a database."""
    names = [name for name in modelshelf.__all__ if isinstance(getattr(modelshelf, name), type)]
    light = [n for n in names if getattr(modelshelf, n).__module__.startswith("modelshelf.domain")]
    assert light, "no value or error is public"
    work = f"import modelshelf\nfor name in {json.dumps(light)}: getattr(modelshelf, name)"
    done = run(work, scratch=tmp_path)
    assert (done.code, done.heavy) == (0, set()), done.stderr
