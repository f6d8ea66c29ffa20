"""How each version of each sample model was made: a module per model, a function per version."""

import os

# Each kind of processor adds up in another order, and the last bits of what is trained differ. So
# one way is chosen, which every x86-64 of the last ten years knows; it counts when NumPy is loaded.
os.environ["OPENBLAS_CORETYPE"] = "Haswell"
