"""Who may do what: the matrix, as data. Every page of the console names one of these."""

from collections.abc import Mapping
from enum import StrEnum

from context_store.records import Role

AGENT, SUPERVISOR, MARKETER, ADMIN = Role.AGENT, Role.SUPERVISOR, Role.MARKETER, Role.ADMIN
EVERYBODY = frozenset(Role)


class Permission(StrEnum):
    # One's own password, sessions, language.
    OWN_ACCOUNT = "own_account"
    # Take threads, answer, pass them on.
    HELP = "help"
    # Any customer's story.
    SEE_CUSTOMERS = "see_customers"
    # Phone numbers, addresses and names in full; who may not sees them masked.
    SEE_PERSONAL_DATA = "see_personal_data"
    # The live board: everybody's load, everybody's threads.
    SUPERVISE = "supervise"
    # Give anybody's thread to anybody.
    REASSIGN = "reassign"
    # Teams, hours, targets, skills.
    MANAGE_TEAMS = "manage_teams"
    # Invitations, roles, other people's sessions.
    MANAGE_STAFF = "manage_staff"
    # Who did what.
    SEE_RECORD = "see_record"


MATRIX: Mapping[Permission, frozenset[Role]] = {
    Permission.OWN_ACCOUNT: EVERYBODY,
    Permission.HELP: frozenset((AGENT, SUPERVISOR, ADMIN)),
    Permission.SEE_CUSTOMERS: EVERYBODY,
    Permission.SEE_PERSONAL_DATA: frozenset((AGENT, SUPERVISOR, ADMIN)),
    Permission.SUPERVISE: frozenset((SUPERVISOR, ADMIN)),
    Permission.REASSIGN: frozenset((SUPERVISOR, ADMIN)),
    Permission.MANAGE_TEAMS: frozenset((SUPERVISOR, ADMIN)),
    Permission.MANAGE_STAFF: frozenset((ADMIN,)),
    Permission.SEE_RECORD: frozenset((SUPERVISOR, ADMIN)),
}


def may(role: Role, permission: Permission) -> bool:
    return role in MATRIX[permission]


def roles_of(*who: Role | Permission) -> frozenset[Role]:
    """The roles that these name; all of them where nothing is named."""
    if not who:
        return EVERYBODY
    named = [MATRIX[each] if isinstance(each, Permission) else frozenset((each,)) for each in who]
    return frozenset().union(*named)
