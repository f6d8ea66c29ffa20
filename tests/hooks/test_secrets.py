"""Secrets are read from where nobody else can, and are in nothing that is said."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from modelshelf.domain.errors import Invalid, ModelshelfError, NotFound, Refused
from modelshelf.domain.policy import parse_policy
from modelshelf.hooks.secrets import read_secret, redact

POSIX = pytest.mark.skipif(sys.platform == "win32", reason="rights of files are other ones there")


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """Write a secret that only its owner may read."""
    secret = tmp_path / "hook.secret"
    secret.write_text("whsec_abc\n", "utf-8")
    secret.chmod(0o600)
    return secret


def test_from_the_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """By its name; a variable that is not set is told."""
    monkeypatch.setenv("MY_SECRET", " whsec_abc ")
    assert read_secret("env:MY_SECRET", tmp_path) == "whsec_abc"
    monkeypatch.setenv("MY_SECRET", " ")
    with pytest.raises(NotFound, match="MY_SECRET"):
        read_secret("env:MY_SECRET", tmp_path)


def test_from_a_file(file: Path, tmp_path: Path) -> None:
    """By its path, relative to the registry or not."""
    assert read_secret(f"file:{file}", tmp_path / "elsewhere") == "whsec_abc"
    assert read_secret("file:hook.secret", tmp_path) == "whsec_abc"


@POSIX
@pytest.mark.parametrize("mode", [0o640, 0o604, 0o660, 0o777])
def test_a_file_that_others_may_read_is_refused(file: Path, mode: int) -> None:
    """Whatever they may do with it."""
    file.chmod(mode)
    with pytest.raises(Refused, match="others may read it") as refused:
        read_secret(f"file:{file}", file.parent)
    assert refused.value.required == "0600"


@POSIX
def test_what_is_no_file_is_refused(file: Path, tmp_path: Path) -> None:
    """Links, folders and pipes hold no secrets, and nothing waits for a writer."""
    (tmp_path / "link").symlink_to(file)
    os.mkfifo(tmp_path / "pipe", 0o600)
    for name in ("link", "pipe", "."):
        with pytest.raises(ModelshelfError):
            read_secret(f"file:{name}", tmp_path)


@POSIX
def test_a_file_of_somebody_else_is_refused(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Who owns it could change it."""
    monkeypatch.setattr(os, "getuid", lambda: file.stat().st_uid + 1)
    with pytest.raises(Refused, match="somebody else"):
        read_secret(f"file:{file}", file.parent)


def test_what_names_no_secret_is_refused(file: Path, tmp_path: Path) -> None:
    """A secret itself is not shown, and an empty or binary file is none."""
    for source in ("whsec_abc", "env:", "file:", "", "vault:x"):
        with pytest.raises(Invalid) as refused:
            read_secret(source, tmp_path)
        assert "whsec_abc" not in str(refused.value)
    for content in (b"", b" \n", b"\xff\xfe"):
        file.write_bytes(content)
        with pytest.raises(Invalid):
            read_secret(f"file:{file}", tmp_path)
    with pytest.raises(NotFound):
        read_secret("file:nowhere", tmp_path)
    with pytest.raises(ModelshelfError):
        read_secret("file:a\0b", tmp_path)


def test_what_is_said_holds_no_secret() -> None:
    """Nor the half after its prefix, nor logins and questions in addresses."""
    text = "bad key whsec_QUJDREVG or QUJDREVG at https://ana:pw@host.example/path?token=1#x, sorry"
    said = redact(text, ["whsec_QUJDREVG", "x"])
    assert said == "bad key … or … at https://host.example/path sorry"


@pytest.mark.parametrize("source", ["env:whsec_c2VjcmV0", "env:a+c2VjcmV0=", "env: c2VjcmV0"])
def test_a_secret_behind_env_is_no_name_of_a_variable(source: str) -> None:
    """It would be recorded with the policy for ever, and stand in the message that misses it."""
    with pytest.raises(Invalid) as caught:
        parse_policy({"hooks": [{"url": "https://a.example", "secret": source}]})
    assert "c2VjcmV0" not in repr(vars(caught.value)) + str(caught.value)
