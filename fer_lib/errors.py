"""The one exception that is the user's to mend."""


class UserError(Exception):
    """A mistake in what the user gave: a path, a file's content, an option.

    The message is one line that says what was given, what is allowed and what to do.
    The command line prints it as `error: <message>` and exits with 2; a notebook shows it whole.
    """
