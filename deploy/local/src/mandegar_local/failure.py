"""The one kind of error that a person who runs the stack is shown: a clear sentence, and exit 1."""


class StackError(Exception):
    """Something outside the stack is in its way; the text is one sentence that says what, and what to do."""
