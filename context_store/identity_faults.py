"""Why a transaction about who is who must be done again, or cannot be done."""


class AlreadyLinked(Exception):
    """Another transaction created the same person first: roll back, read again, use theirs."""


class IdentityMoved(AlreadyLinked):
    """Another transaction joined or parted one of them meanwhile: roll back and look again."""


class CannotMerge(Exception):
    """Why these two cannot be joined, in words."""
