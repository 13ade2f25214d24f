"""The two exceptions that reach a user as one line."""


class UserError(Exception):
    """A mistake in what the user gave: a path, a file's content, an option.

    The message is one line that says what was given, what is allowed and what to do.
    The command line prints it as `error: <message>` and exits with 2; a notebook shows it whole.
    """


class ReportError(Exception):
    """A page or the book failed; the message names which, where and why. Exit 1."""
