"""Notes in the record who did what, inside the transaction that does it."""

from typing import Any

from flask import g, request

from console.parts import ConsoleParts
from context_store.records import Agent, CustomerId, StaffAct
from context_store.unit_of_work import UnitOfWork

LONGEST_SUBJECT = 320
LONGEST_ADDRESS = 64
# What staff do, as the record's filter lists it.
ACTS = (
    ("sign_in", "sign_in_by_oidc", "sign_in_refused", "sign_out", "sign_out_everywhere", "change_password")
    + ("invite", "revoke_invitation", "accept_invitation", "change_staff", "end_sessions")
    + ("change_team", "take", "release", "transfer", "reassign", "snooze", "give_back", "listen")
)


def note(
    uow: UnitOfWork,
    parts: ConsoleParts,
    act: str,
    subject: object = None,
    *,
    by: Agent | None = None,
    customer_id: CustomerId | None = None,
    **details: Any,
) -> None:
    """`by` is whoever is signed in, unless somebody is named. Times are real, not the demo's."""
    agent: Agent | None = by or g.get("agent")
    uow.staff_acts.add(
        StaffAct(
            at=parts.real_now(),
            agent_id=agent.id if agent else None,
            act=act,
            subject=None if subject is None else str(subject)[:LONGEST_SUBJECT],
            customer_id=customer_id,
            details=details,
            address=(request.remote_addr or "")[:LONGEST_ADDRESS],
        )
    )
