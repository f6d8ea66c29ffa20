"""Tensors compared value by value, piece by piece, whatever containers they lie in.

Both files are read in step through buffers of a fixed size, so memory does not grow with them. This
package alone uses NumPy, and only from :meth:`Plan.run` on: what is planned needs none.
"""

from __future__ import annotations

from modelshelf.formats.comparing.planning import Plan, plan
from modelshelf.formats.comparing.sides import Side, recorded

__all__ = ["Plan", "Side", "plan", "recorded"]
