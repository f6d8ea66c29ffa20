"""The globals that have no place in a model: they run code, open files or reach the network.

This list can only ever name what is already famous. It exists for the word "dangerous"; what it
misses is still *unknown* and never silently let through, because the list of known globals decides.
"""

from __future__ import annotations

from typing import Final

# With everything below them.
MODULES: Final = frozenset(
    # One text is easier to read, sort and extend than ninety quoted words.
    """
    aifc aiohttp _aix_support antigravity asyncio asyncore atexit bdb bz2 cffi cgi cgitb code codeop
    commands compileall concurrent cProfile _ctypes ctypes curses dbm dill distutils doctest
    ensurepip fabric faulthandler fcntl fileinput ftplib gc glob gzip http httplib httpx idlelib
    imaplib _imp imp importlib inspect _interpreters invoke lib2to3 linecache logging.config
    logging.handlers lzma mailbox marshal mmap modulefinder msvcrt multiprocessing netrc nntplib nt
    numpy.ctypeslib numpy.distutils numpy.f2py numpy.testing os _osx_support paramiko pdb pexpect
    _pickle pickle pickletools pip pipes pkg_resources pkgutil platform plistlib popen2 poplib posix
    posixpath _posixshmem _posixsubprocess profile pstats pty py_compile pydoc _pyrepl readline
    requests resource rlcompleter runpy sched selectors setuptools sh shelve shutil _signal signal
    site smtplib _socket socket socketserver _sqlite3 sqlite3 _ssl ssl subprocess sunau symtable sys
    sysconfig syslog tarfile telnetlib tempfile test.support _testcapi this _thread threading timeit
    tkinter torch._dynamo torch._inductor torch.hub torch.jit.unsupported_tensor_ops
    torch.multiprocessing torch.package torch.utils._config_module torch.utils.bottleneck
    torch.utils.collect_env torch.utils.cpp_extension torch.utils.data.datapipes trace turtle
    unittest urllib urllib2 urllib3 uu venv wave webbrowser _winapi winreg wsgiref xmlrpc
    _xxsubinterpreters yaml zipapp zipfile zipimport
    """.split()  # noqa: SIM905
)

_NAMES: dict[str, str] = {
    "builtins": (
        "__build_class__ __import__ __loader__ apply breakpoint compile delattr dir eval exec "
        "execfile exit file filter getattr globals help input locals map open quit reduce reload "
        "setattr vars"
    ),
    "_io": "FileIO open open_code",
    "_operator": "attrgetter methodcaller",
    "_sitebuiltins": "Quitter _Helper",
    "codecs": "open",
    "functools": "reduce",
    "io": "FileIO open open_code",
    "joblib": "load",
    "joblib.numpy_pickle": "load load_temporary_memmap",
    "logging": "FileHandler",
    "numpy": "fromfile fromregex genfromtxt load loadtxt save savetxt",
    "operator": "attrgetter methodcaller",
    "pandas": "eval read_pickle",
    "pandas.io.pickle": "read_pickle",
    "torch": "load",
    "torch.fx.experimental.symbolic_shapes": "ShapeEnv.evaluate_guards_expression",
    "numpy.lib._npyio_impl": "load",
    "numpy.lib.npyio": "load",
    "torch.jit": "load",
    "torch.jit._serialization": "load",
    "torch.serialization": "load",
    "types": "CodeType FunctionType",
    "typing": "get_type_hints",
    "uuid": "_get_command_stdout _popen",
}

# Of denied modules, what only puts together other things that the pickle names.
_BUT: Final = frozenset({("dill._dill", "_create_array"), ("dill.dill", "_create_array")})
# In any module: the way from it to everything that Python has built in.
ANYWHERE: Final = frozenset({"__builtins__", "__dict__", "__globals__"})

NAMES: Final = frozenset(
    (module, name) for module, names in _NAMES.items() for name in names.split()
)


def is_denied(module: str, name: str) -> bool:
    """Tell whether a global is one that runs code, opens files or reaches the network."""
    if (module, name) in _BUT:
        return False
    if not ANYWHERE.isdisjoint(name.split(".")):
        return True
    parts = module.split(".")
    above = {".".join(parts[:count]) for count in range(1, len(parts) + 1)}
    return bool(above & MODULES) or (module, name) in NAMES
