"""What a training script is made with and from, recorded while it runs.

    with modelshelf.capture() as run:
        run.params({"lr": 0.1})
        run.dataset("data/customers.csv")
        ...
        run.metric("auc", 0.91)
        run.register("churn", "model.onnx")

The module itself is what is called: ``modelshelf.capture`` names the package as soon as any part of
it was imported, and must go on being callable then.
"""

from __future__ import annotations

import os
import sys
from types import ModuleType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from modelshelf.capture.capturing import Capture
    from modelshelf.registry.handle import Registry


class _Callable(ModuleType):
    """A module that is called like a function."""

    def __call__(
        self,
        registry: Registry | str | os.PathLike[str] | None = None,
        *,
        actor: str | None = None,
        tracker: str | None = None,
        snapshot: bool = False,
    ) -> Capture:
        """Return a capture; see :class:`~modelshelf.capture.capturing.Capture`."""
        from modelshelf.capture.capturing import Capture

        return Capture(registry, actor=actor, tracker=tracker, snapshot=snapshot)


capture = sys.modules[__name__]
capture.__class__ = _Callable
