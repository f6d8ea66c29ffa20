"""The terminal app, one door of the registry: reads keys, asks the registry, shows the answer."""

from __future__ import annotations

import os

# Textual reads this while it is being imported: how long a lone Esc waits for the rest of a key
# sequence, in milliseconds. Its default of 100 makes every "back" feel slow.
os.environ.setdefault("ESCDELAY", "25")
