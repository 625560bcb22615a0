"""The answer to a command for a shop that does not exist."""

from mandegar.web import Problem


def unknown_shop() -> Problem:
    return Problem(404, "unknown_shop", "The shop does not exist", "Create it with PUT /v1/shops/{shop} first")
