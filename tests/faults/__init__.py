"""Faults: a real stack is loaded, broken in ways drawn from a seed, healed; then everything promised is checked."""
