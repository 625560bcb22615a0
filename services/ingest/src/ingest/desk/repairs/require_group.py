"""The group and the repair that a path names."""

from mandegar.web import Problem


def unknown_group() -> Problem:
    return Problem(404, "unknown_group", "This shop has no open event in quarantine with this cause")


def unknown_repair() -> Problem:
    return Problem(404, "unknown_repair", "This shop has no repair with this id")
