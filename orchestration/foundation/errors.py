"""Errors that users see: one sentence with what is wrong, where, and what to do.

Contains the base class and the classes with exit codes of their own. Not here: problems found in a return, which are
data (`orchestration.returns.screening.screener`).
"""


class OversightError(Exception):
    """Failure of a command; the message is all that the user sees (exit code 1)."""

    exit_code = 1


class UsageError(OversightError):
    """Invalid command, argument or option (exit code 64)."""

    exit_code = 64


class UnreadableFileError(OversightError):
    """Unreadable file (exit code 2 of `oversight screen`)."""

    exit_code = 2


class GateRefusedError(OversightError):
    """Refusal of a publication or a step towards it: no passing verdict for this candidate, no approval, or too early
    (exit code 3)."""

    exit_code = 3


class RefreshLockedError(OversightError):
    """Lock held by another refresh (exit code 4)."""

    exit_code = 4


class ContractError(OversightError):
    """Invalid contract; the message names the file and line."""
