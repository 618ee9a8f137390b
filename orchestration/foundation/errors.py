"""The errors that a person may see: one clear sentence saying what, where and what to do.

Belongs here: the base class and the kinds that have an exit code of their own. Does not belong here:
problems found in a return (those are data, see `orchestration.returns.screening.screener`).
"""


class OversightError(Exception):
    """Something broke; the message is the whole of what a person is shown (exit code 1)."""

    exit_code = 1


class UsageError(OversightError):
    """The command was called with words it does not know (exit code 64)."""

    exit_code = 64


class UnreadableFileError(OversightError):
    """A file cannot be read at all (exit code 2 of `oversight screen`)."""

    exit_code = 2


class GateRefusedError(OversightError):
    """Publication, or a step towards it, was refused (exit code 3): no passing verdict for exactly this candidate, no
    approval, or not yet its time."""

    exit_code = 3


class RefreshLockedError(OversightError):
    """Another refresh holds the lock (exit code 4)."""

    exit_code = 4


class ContractError(OversightError):
    """A contract is not valid; the message names file and line."""
