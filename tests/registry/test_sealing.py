"""Heads of the log signed and handed to a command, and what goes wrong with that."""

from __future__ import annotations

import os
import stat
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from modelshelf.domain.checkpoints import (
    PublicKey,
    read_public_key,
)
from modelshelf.domain.errors import Conflict, Invalid, NotFound, Unavailable
from modelshelf.registry import Registry
from modelshelf.registry.signing import (
    is_signed,
    load_public_key,
    make_key,
    read_signing_key,
)
from tests.conftest import MakeModelFile
from tests.registry.heads import SEAL, command, newest, posix, rule


@pytest.fixture
def shelf(registry: Registry, make_model_file: MakeModelFile) -> Registry:
    """Register one version."""
    registry.versions.register("churn", make_model_file())
    return registry


@pytest.fixture
def key(tmp_path: Path) -> Path:
    """Make a private key outside the registry."""
    file = tmp_path / "key.pem"
    make_key(file)
    return file


def pipe(file: Path) -> Path:
    """Make a pipe that nobody writes to."""
    os.mkfifo(file, 0o600)
    return file


class TestSigning:
    def test_a_key_of_the_policy_signs(self, shelf: Registry, key: Path) -> None:
        """Each head carries a signature that the public key confirms; other keys do not."""
        rule(shelf, key=str(key))
        shelf.promotions.promote("churn:1", "staging", reason="r")
        head, public = newest(shelf), read_signing_key(key, shelf.path).public
        assert is_signed(head, public)
        assert is_signed(head, PublicKey("other", public.data)) is None
        (signature,) = head.signatures
        forged = replace(head, signatures=(replace(signature, data=bytes(64)),))
        assert is_signed(forged, public) is False
        assert is_signed(replace(head, seal=SEAL), public) is False
        found = shelf.audit.verify()
        assert (found.whole, found.signatures) == (True, 1)
        assert shelf.audit.trouble() == ""

    @posix
    @pytest.mark.parametrize(
        ("spoil", "says"),
        [
            (lambda f: f.chmod(0o640), "others may read"),
            (lambda f: f.write_bytes(b"rubbish"), "not an Ed25519 private key"),
            (lambda f: f.write_bytes(b"\xff" * 100_000), "not an Ed25519 private key"),
            (lambda f: f.unlink(), "there is no key"),
            (lambda f: (f.unlink(), f.mkdir(0o700)), "cannot be read"),
            (lambda f: (f.unlink(), pipe(f)), "regular file"),
            (lambda f: (f.rename(f"{f}2"), f.symlink_to(f"{f}2")), "is a link"),
        ],
    )
    def test_a_key_that_cannot_be_used(
        self, shelf: Registry, key: Path, spoil: Callable[[Path], object], says: str
    ) -> None:
        """The change is made and its head written, unsigned; doctor says why, and by hand fails."""
        spoil(key)
        rule(shelf, key=str(key))
        shelf.promotions.promote("churn:1", "staging", reason="r")
        assert newest(shelf).signatures == ()
        assert newest(shelf).seq == shelf.audit.head()[0]
        assert says in shelf.audit.trouble()
        (check,) = [c for c in shelf.upkeep.doctor() if c.name == "checkpoints"]
        assert (check.ok, says in check.observed) == (False, True)
        with pytest.raises((Invalid, NotFound, Unavailable), match=says):
            shelf.audit.checkpoint()
        assert shelf.audit.verify().whole, "an auditor need not have the key"

    def test_a_key_inside_the_registry_is_not_used(self, shelf: Registry) -> None:
        """Whoever can write the log must not be able to sign it."""
        make_key(shelf.path / "key.pem")
        rule(shelf, key="key.pem")
        with pytest.raises(Invalid, match="lies in the registry"):
            shelf.audit.checkpoint()

    def test_other_forms_and_other_keys(self, shelf: Registry, tmp_path: Path) -> None:
        """OpenSSH's form and PEM are read; keys of another kind and with a passphrase are not."""
        from cryptography.hazmat.primitives import serialization as form
        from cryptography.hazmat.primitives.asymmetric import ec, ed25519

        private = ed25519.Ed25519PrivateKey.generate()
        none = form.NoEncryption()
        ssh = private.private_bytes(form.Encoding.PEM, form.PrivateFormat.OpenSSH, none)
        public = private.public_key()
        texts = {
            "ssh": ssh,
            "locked": private.private_bytes(
                form.Encoding.PEM, form.PrivateFormat.PKCS8, form.BestAvailableEncryption(b"x")
            ),
            "other": ec.generate_private_key(ec.SECP256R1()).private_bytes(
                form.Encoding.PEM, form.PrivateFormat.PKCS8, none
            ),
            "pem.pub": public.public_bytes(
                form.Encoding.PEM, form.PublicFormat.SubjectPublicKeyInfo
            ),
            "ssh.pub": public.public_bytes(form.Encoding.OpenSSH, form.PublicFormat.OpenSSH),
        }
        for name, text in texts.items():
            (tmp_path / name).write_bytes(text)
            (tmp_path / name).chmod(0o600)
        signer = read_signing_key(tmp_path / "ssh", shelf.path)
        assert load_public_key(tmp_path / "pem.pub") == signer.public
        assert load_public_key(tmp_path / "ssh.pub") == signer.public
        for name, says in (("locked", "passphrase"), ("other", "not an Ed25519 private key")):
            with pytest.raises(Invalid, match=says):
                read_signing_key(tmp_path / name, shelf.path)
        with pytest.raises(Invalid, match="not an Ed25519 public key"):
            load_public_key(tmp_path / "ssh")

    def test_a_new_key_is_private_and_new(self, tmp_path: Path) -> None:
        """It never replaces a file, and only its owner may read it."""
        public = make_key(tmp_path / "key.pem")
        assert read_public_key(public.text) == public
        if os.name != "nt":
            assert stat.S_IMODE((tmp_path / "key.pem").stat().st_mode) == 0o600
        with pytest.raises(Conflict):
            make_key(tmp_path / "key.pem")
        with pytest.raises(Unavailable):
            make_key(tmp_path / "nowhere" / "key.pem")

    def test_without_the_library(
        self, shelf: Registry, key: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """The head is written unsigned, and the sentence names what to install."""
        monkeypatch.setitem(sys.modules, "cryptography.exceptions", None)
        rule(shelf, key=str(key))
        shelf.promotions.promote("churn:1", "staging", reason="r")
        assert "modelshelf[sign]" in shelf.audit.trouble()
        assert newest(shelf).seq == shelf.audit.head()[0]
        assert shelf.audit.verify().whole


class TestTheCommand:
    def test_it_gets_each_head(self, shelf: Registry, key: Path, tmp_path: Path) -> None:
        """On stdin, signed where there is a key, with the registry's folder in its environment."""
        out = tmp_path / "out"
        lines = (
            f"out = open({str(out)!r}, 'a')",
            "out.write(os.environ['MODELSHELF_REGISTRY'] + chr(10) + sys.stdin.read())",
        )
        rule(shelf, key=str(key), run=command(*lines))
        shelf.promotions.promote("churn:1", "staging", reason="r")
        shelf.models.describe("churn", owner="a")
        told = out.read_text("utf-8")
        assert told == f"{shelf.path}\n{newest(shelf).note}"
        assert shelf.audit.trouble() == ""

    @pytest.mark.parametrize(
        ("run", "says"),
        [
            (command("print(chr(27) + '[2J')", "sys.exit(3)"), r"it ended with 3 (\x1b[2J)"),
            (command("import time; time.sleep(60)"), "stopped after"),
            (("no-such-program-here",), "there is no program"),
            (command("print('x' * 1000000)", "sys.exit(1)"), "it ended with 1"),
        ],
    )  # fmt: skip
    def test_what_goes_wrong_is_kept(
        self, shelf: Registry, run: tuple[str, ...], says: str
    ) -> None:
        """The change stands, the head is written, the trouble is told until one succeeds."""
        rule(shelf, run=run, timeout=0.3)
        made = shelf.promotions.promote("churn:1", "staging", reason="r")
        assert shelf.promotions.history("churn", "staging")[0] == made
        assert newest(shelf).seq == shelf.audit.head()[0]
        assert says in shelf.audit.trouble()
        assert len(shelf.audit.trouble()) < 2_100
        done = shelf.audit.checkpoint()
        assert (done.handed, done.written, says in done.trouble) == (False, False, True)
        rule(shelf)
        shelf.audit.checkpoint()
        assert shelf.audit.trouble() == ""

    def test_it_runs_when_the_lock_is_free(self, shelf: Registry) -> None:
        """It may change the registry itself: nobody waits for anybody."""
        change = (
            "from modelshelf.registry import open_registry",
            "r = open_registry(os.environ['MODELSHELF_REGISTRY'], actor='robot')",
            "r.models.describe('churn', owner='robot')",
            "r.close()",
        )
        rule(shelf, run=command(*change))
        shelf.promotions.promote("churn:1", "staging", reason="r")
        assert shelf.audit.trouble() == ""
        assert shelf.models.get("churn").owner == "robot"

    def test_an_interruption_ends_the_command_and_not_the_change(
        self, shelf: Registry, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Ctrl-C while it runs must not look as if nothing had been changed."""
        from modelshelf.hooks import command as running

        def interrupted(*_given: object, **_named: object) -> None:
            raise KeyboardInterrupt

        monkeypatch.setattr(running, "run_command", interrupted)
        rule(shelf, run=("anything",))
        made = shelf.promotions.promote("churn:1", "staging", reason="r")
        assert made.stage == "staging"
        assert "interrupted" in shelf.audit.trouble()
