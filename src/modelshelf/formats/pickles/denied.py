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
    _aix_support _imp _osx_support _posixshmem _posixsubprocess _pickle _pyrepl _socket
    _testcapi _thread _winapi _xxsubinterpreters aiohttp antigravity asyncio atexit bdb
    cProfile cgi cgitb code codeop commands compileall concurrent ctypes dill
    distutils doctest ensurepip fabric faulthandler fileinput ftplib gc glob http httplib httpx
    idlelib imaplib imp importlib inspect invoke lib2to3 linecache logging.config
    logging.handlers marshal mmap modulefinder msvcrt multiprocessing nntplib nt numpy.ctypeslib
    numpy.distutils numpy.f2py
    numpy.testing os paramiko pdb pexpect pickle pickletools pip pkg_resources pkgutil platform
    plistlib poplib posix posixpath popen2 profile pstats pty py_compile pydoc readline requests
    resource rlcompleter runpy sched selectors setuptools sh shelve shutil signal site smtplib
    socket socketserver sqlite3 ssl subprocess symtable sys sysconfig syslog tarfile telnetlib
    tempfile test.support this threading timeit tkinter torch._dynamo torch._inductor torch.hub
    torch.jit.unsupported_tensor_ops torch.multiprocessing torch.package
    torch.utils._config_module torch.utils.bottleneck torch.utils.collect_env
    torch.utils.cpp_extension torch.utils.data.datapipes trace turtle unittest urllib urllib2
    urllib3 venv webbrowser winreg wsgiref xmlrpc yaml zipapp zipfile zipimport
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
    "torch.jit": "load",
    "torch.serialization": "load",
    "types": "CodeType FunctionType",
    "uuid": "_get_command_stdout _popen",
}

# Of denied modules, what only puts together other things that the pickle names.
_BUT: Final = frozenset({("dill._dill", "_create_array"), ("dill.dill", "_create_array")})
NAMES: Final = frozenset(
    (module, name) for module, names in _NAMES.items() for name in names.split()
)


def is_denied(module: str, name: str) -> bool:
    """Tell whether a global is one that runs code, opens files or reaches the network."""
    if (module, name) in _BUT:
        return False
    parts = module.split(".")
    above = {".".join(parts[:count]) for count in range(1, len(parts) + 1)}
    return bool(above & MODULES) or (module, name) in NAMES
