"""The globals with which cloudpickle and dill rebuild functions and classes kept in the pickle.

Sources: ``cloudpickle/cloudpickle.py`` and ``dill/_dill.py``. Making such a function runs nothing;
calling it does. What else these two modules offer (``_eval_repr``, ``_import_module``,
``_get_attr``, files) is not here and stays dangerous.
"""

from __future__ import annotations

from typing import Final

from modelshelf.formats.pickles.values import Global, Made

# A result of these is a function, so that a call of it runs code out of the file.
_FUNCTION_MAKERS: Final = frozenset({"_make_function", "_make_skel_func", "_create_function"})
_CLOUDPICKLE: Final = _FUNCTION_MAKERS | frozenset(
    """
    _builtin_type _class_setstate _fill_function _function_setstate _get_cell_contents
    _lookup_class_or_track _make_cell _make_empty_cell _make_skeleton_class _make_skeleton_enum
    _make_typevar _rehydrate_skeleton_class dynamic_subimport subimport
    """.split()  # noqa: SIM905 - easier to read and to extend than quoted words
)
_DILL: Final = frozenset(
    {"_create_cell", "_create_code", "_create_function", "_create_type", "_load_type"}
)
_DILL_MODULES: Final = frozenset({"dill._dill", "dill.dill"})
_TO_CLASS_AND_INSTANCE: Final = 2


def rebuilds_code(symbol: Global) -> bool:
    """Tell whether a global rebuilds a function or class whose code is in the pickle."""
    if symbol.module in _DILL_MODULES:
        return symbol.name in _DILL
    return "cloudpickle" in symbol.module.split(".") and symbol.name in _CLOUDPICKLE


def brings_code(value: Made) -> bool:
    """Tell whether calling a value runs code out of the pickle while it is loaded.

    A class that was rebuilt may be called once, which makes an object; a function may not.
    """
    if not rebuilds_code(value.maker):
        return False
    return value.maker.name in _FUNCTION_MAKERS or value.calls >= _TO_CLASS_AND_INSTANCE
