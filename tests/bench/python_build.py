"""How the interpreter was built: one without profiles of itself takes a quarter more time in the domain."""

import sys
import sysconfig

_FLAGS = ("CONFIG_ARGS", "PY_CFLAGS", "PY_CFLAGS_NODIST", "PY_LDFLAGS_NODIST")


def python_build() -> str:
    """Version, and whether it records profile-guided (PGO) and link-time optimisation (LTO); Debian's does not."""
    said = " ".join(str(sysconfig.get_config_var(name) or "") for name in _FLAGS)
    guided = "--enable-optimizations" in said or "-fprofile-use" in said
    linked = "--with-lto" in said or "-flto" in said
    used = [what if has else f"no {what}" for what, has in (("PGO", guided), ("LTO", linked))]
    return f"Python {sys.version.split()[0]}, which records {' and '.join(used)}"
