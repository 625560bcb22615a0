"""How the Python interpreter of this process was built."""

import sys
import sysconfig


def build_of_python() -> str:
    """The version, with ``-pgo`` if profiles guided the compiler, which makes the domain about a fifth faster."""
    options = str(sysconfig.get_config_var("CONFIG_ARGS") or "")
    flags = str(sysconfig.get_config_var("PY_CFLAGS_NODIST") or "")
    optimised = "--enable-optimizations" in options or "-fprofile-use" in flags
    return f"{sys.version.split()[0]}-{'pgo' if optimised else 'no-pgo'}"
