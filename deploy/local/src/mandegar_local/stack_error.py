"""The error whose message is printed without a traceback, with exit code 1."""


class StackError(Exception):
    """The machine or its settings keep the stack from running. The message names the cause and the remedy."""
