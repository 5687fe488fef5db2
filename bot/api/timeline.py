"""The story of one customer on one line of time."""

from typing import Any

from bot.api import cursors
from bot.api.answers import (
    DecisionItem,
    DecisionTold,
    EntryItem,
    EntryTold,
    EventItem,
    EventTold,
    HandoffItem,
    HandoffTold,
    MessageItem,
    MessageTold,
    TimelinePage,
)
from bot.api.bodies import TimelineQuery
from bot.api.callers import Scope
from bot.api.finding import customer_named
from bot.api.operations import Given, Operation
from bot.api.problems import Problem
from context_store.records import Decision, Entry, Event, Handoff, Message
from context_store.timeline import KINDS, Moment


def show(given: Given) -> TimelinePage:
    query: TimelineQuery = given.query
    if query.older_than and query.newer_than:
        raise Problem(400, "invalid-query", "either `older_than` or `newer_than`")
    before = cursors.read(query.older_than, "older_than")
    after = cursors.read(query.newer_than, "newer_than")
    customer = customer_named(given, given.path["customer"])
    kinds = tuple(query.kinds.split(",")) if query.kinds else KINDS
    found = given.uow.timeline.page(customer.id, kinds, query.limit + 1, before=before, after=after)
    has_more = len(found) > query.limit
    # The one too many lies on the side that the page was read towards.
    page = found[-query.limit :] if after else found[: query.limit]
    return TimelinePage(
        items=[_item(moment) for moment in page],
        older=cursors.write(page[-1].place) if page and (has_more or after) else None,
        newer=cursors.write(page[0].place) if page else query.newer_than,
    )


def _item(moment: Moment) -> Any:
    at = moment.place.at
    match moment.record:
        case Message() as message:
            return MessageItem(at=at, message=MessageTold.model_validate(message))
        case Entry() as entry:
            return EntryItem(at=at, entry=EntryTold.model_validate(entry))
        case Event() as event:
            return EventItem(at=at, event=EventTold.model_validate(event))
        case Handoff() as handoff:
            return HandoffItem(at=at, handoff=HandoffTold.model_validate(handoff))
        case Decision() as decision:
            told = DecisionTold.model_validate(decision)
            return DecisionItem(at=at, message_id=decision.message_id, decision=told)


OPERATIONS = (
    Operation(
        method="GET",
        path="/v1/customers/{customer}/timeline",
        name="readTimeline",
        summary="Messages, entries, events, handoffs and decisions in the order of time, paged both ways",
        scope=Scope.CUSTOMERS_READ,
        query=TimelineQuery,
        answer=TimelinePage,
        also={404: "Nobody is known by that name."},
        do=show,
    ),
)
