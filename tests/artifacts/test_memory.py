"""The store in memory is held to the same words as the one on the disk."""

from __future__ import annotations

import pytest

from modelshelf.artifacts import Blobs
from tests.artifacts.blob_suite import BlobSuite
from tests.artifacts.memory import MemoryBlobs


class TestMemoryBlobs(BlobSuite):
    @pytest.fixture
    def blobs(self) -> Blobs:
        """Return an empty store in memory."""
        return MemoryBlobs()
