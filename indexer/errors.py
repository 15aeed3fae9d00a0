"""Errors a person can act on.

Every error that may reach a person is a `CrosstongueError` whose message is one sentence: what was
wrong and what to do. The command line prints it and exits 1; the page shows it. Anything else that
escapes is a bug.
"""


class CrosstongueError(Exception):
    """The root of every error whose message is meant for the person at the keyboard."""


class IndexNotFoundError(CrosstongueError):
    """No index exists where one was asked for."""


class IndexBusyError(CrosstongueError):
    """Another process is writing to the index; the message names it."""


class EncoderMismatchError(CrosstongueError):
    """The index was made by another encoder; the message gives the command that re-embeds."""


class SchemaTooNewError(CrosstongueError):
    """The index was written by a newer Crosstongue than this one."""


class SourceError(CrosstongueError):
    """A source folder does not exist, is empty or cannot be read."""


class UnreadableFileError(CrosstongueError):
    """One file could not be read; its message is the reason recorded beside the file."""


class EncoderError(CrosstongueError):
    """An encoder is unknown, damaged, or needs packages that are not installed."""


class LabelsError(CrosstongueError):
    """Labels cannot be read, or cannot be told apart."""


class TrainingError(CrosstongueError):
    """What a training is given (text, a teacher, a state to go on from) is nothing it can use."""


class QueryError(CrosstongueError):
    """A query cannot be answered as it was given (it is empty, say)."""
