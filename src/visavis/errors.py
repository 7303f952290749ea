"""The one exception a user is meant to read."""


class VisavisError(Exception):
    """Bad input, told in one sentence that names the file, row or key and the remedy.

    The command line prints the sentence and exits with status 2; the service answers 4xx with it.
    Anything else that escapes is a bug and keeps its traceback.
    """
