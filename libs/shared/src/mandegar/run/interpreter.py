"""How the Python interpreter of this process was built."""

import sys
import sysconfig


def build_of_python() -> str:
    """The version, and ``optimised`` if profiles guided the compiler (PGO), which makes the domain a fifth faster."""
    options = str(sysconfig.get_config_var("CONFIG_ARGS") or "")
    flags = str(sysconfig.get_config_var("PY_CFLAGS_NODIST") or "")
    optimised = "--enable-optimizations" in options or "-fprofile-use" in flags
    return f"{sys.version.split()[0]}, {'optimised' if optimised else 'not optimised'}"
