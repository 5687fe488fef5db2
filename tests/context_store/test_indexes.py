"""The queries of the hot paths find their rows by an index, on both databases."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import event

from context_store.database import Database
from context_store.notices import Notices, Wanted
from context_store.records import (
    AddressId,
    AgentId,
    AppointmentId,
    AppointmentStatus,
    CartId,
    Channel,
    CodeSource,
    ContextTokenId,
    CustomerId,
    Endpoint,
    EndpointId,
    EnrollmentId,
    EventId,
    HandoffId,
    Identifier,
    IdentifierKind,
    InputNumber,
    MessageId,
    MessageStatus,
    Notice,
    NoticeClaim,
    NoticeKind,
    NoticeStatus,
    Offer,
    PromotionId,
    PromotionRecord,
    new_id,
)
from context_store.staff_acts import ActsAsked
from context_store.unit_of_work import UnitOfWork

NOW = datetime(2026, 11, 23, 11, 0, tzinfo=UTC)
WHO = CustomerId(new_id())
OTHER = CustomerId(new_id())
WHICH = MessageId(new_id())
WHICH_APPOINTMENT = AppointmentId(new_id())
EMAIL = Identifier(kind=IdentifierKind.EMAIL, value="ana@example.com")
SOMEBODY = AgentId(new_id())
PHONE = Identifier(kind=IdentifierKind.PHONE, value="+34600000001")

ENDPOINT = Endpoint(
    id=EndpointId(new_id()), url="https://crm.example/", kinds=(), secret="whsec_", created_at=NOW
)
NOTICE = Notice(
    number=1, id=new_id(), kind=NoticeKind.MESSAGE_RECEIVED, customer_id=WHO, data={}, created_at=NOW
)
CLAIM = NoticeClaim(position=1, notice=NOTICE, endpoint=ENDPOINT, owner="me", attempt=1)
POOL = PromotionRecord(
    id=PromotionId(new_id()),
    code="POOL",
    code_source=CodeSource.POOL,
    offer=Offer(kind="percent", texts={}),
    edited_at=NOW,
)


def told(uow: UnitOfWork) -> Notices:
    """As if somebody wanted to hear of everything."""
    wanted = Wanted()
    wanted.kinds = frozenset(NoticeKind)
    return Notices(uow._connection, wanted)


HOT: dict[str, Callable[[UnitOfWork], object]] = {
    "webhook: the address": lambda uow: uow.customers.find_address(Channel.SMS, "+34600000001"),
    "webhook: the person": lambda uow: uow.customers.find_by(PHONE),
    "identity: one person": lambda uow: uow.families.of(WHO),
    "identity: what they are known by": lambda uow: uow.customers.evidence_of(WHO),
    "identity: what waits to be decided": lambda uow: uow.customers.merges.record.waiting(),
    "identity: how much of it": lambda uow: uow.customers.merges.record.count_waiting(),
    "identity: kept apart?": lambda uow: uow.customers.merges.record.are_kept_apart([WHO], [OTHER]),
    "identity: the record": lambda uow: uow.customers.merges.record.of([WHO]),
    "identity: undo": lambda uow: uow.customers.merges.record.last_merge(WHO),
    "turn: what waits": lambda uow: uow.inputs.waiting(WHO),
    "turn: the lock": lambda uow: uow.conversations.lock(WHO),
    "turn: the messages": lambda uow: uow.messages.by_ids([WHICH]),
    "turn: consents": lambda uow: uow.consents.current(WHO),
    "turn: what they may mean to buy": lambda uow: uow.products.find(["vel", "higue"], 60),
    "turn: what a typo may mean": lambda uow: uow.products.words_beginning(["v", "h"], 3_000),
    "turn: products by id": lambda uow: uow.products.by_ids(["candle", "lamp"]),
    "turn: bought together": lambda uow: uow.recommended.bought_with(["candle", "lamp"]),
    "turn: of the same category": lambda uow: uow.recommended.of_categories(["Velas", "Luz"]),
    "turn: what they looked at": lambda uow: uow.events.newest_named(WHO, "Product Viewed", 8),
    "turn: asked whether it helped": lambda uow: uow.knowledge_votes.asked(WHO),
    "turn: orders": lambda uow: uow.orders.newest(WHO),
    "turn: appointments": lambda uow: uow.appointments.upcoming(WHO, NOW),
    "turn: what is taken": lambda uow: uow.appointments.taken(NOW, NOW + timedelta(days=45)),
    "turn: cancel an appointment": lambda uow: uow.appointments.set_status(
        WHO, WHICH_APPOINTMENT, AppointmentStatus.CANCELED, NOW
    ),
    "turn: withdraw reminders": lambda uow: uow.outgoing.withdraw(["a", "b"], "moved"),
    "events: who many are": lambda uow: uow.known_people.of([PHONE, EMAIL]),
    "events: who stands for them": lambda uow: uow.known_people.standing([WHO]),
    "event: all of the carts": lambda uow: uow.events.of_carts(WHO),
    "event: the carts": lambda uow: uow.carts.of(WHO),
    "event: several of a turn": lambda uow: uow.events.many([EventId(new_id())]),
    "event: what the shop told": lambda uow: uow.told_traits.of(WHO),
    "event: an appointment": lambda uow: uow.appointments.told_by("web", "A1"),
    "turn: running journeys": lambda uow: uow.enrollments.running(WHO),
    "turn: a code": lambda uow: uow.tokens.by_digest("0" * 64),
    "turn: a code is used": lambda uow: uow.tokens.use(ContextTokenId(new_id()), WHO, NOW),
    "turn: tries of an address": lambda uow: uow.tokens.tries_since(AddressId(new_id()), NOW),
    "turn: how they felt": lambda uow: uow.entries.newest_mood(WHO, NOW),
    "api: the key": lambda uow: uow.api_access.key_by_hash("0" * 64),
    "api: a repeat": lambda uow: uow.api_access.finish("key:x", "1", 200, {}),
    "api: an entry told before": lambda uow: uow.entries.told("key:x", "1"),
    "api: a cart by its link": lambda uow: uow.carts.by_id(CartId(new_id())),
    "desk: entries": lambda uow: uow.entries.newest(WHO),
    "turn: close": lambda uow: uow.inputs.close([InputNumber(1)], NOW),
    "turn: timers": lambda uow: uow.timers.cancel(WHO, "form"),
    "sender: the head of a lane": lambda uow: uow.outgoing.next_in_lane(WHO),
    "sender: skip": lambda uow: uow.outgoing.settle(WHICH, MessageStatus.SKIPPED),
    "sender: how often": lambda uow: uow.messages.unasked_since(WHO, NOW),
    "sender: their newest": lambda uow: uow.messages.newest_inbound(WHO),
    "sender: take back": lambda uow: uow.outgoing.take_back(EnrollmentId(new_id()), "left"),
    "callback": lambda uow: uow.outgoing.report(WHICH, MessageStatus.SENT, "SM1", None, NOW),
    "clock: timers due?": lambda uow: uow.timers.is_any_due(NOW),
    "clock: due timers": lambda uow: uow.timers.due(NOW),
    "clock: inputs overdue?": lambda uow: uow.inputs.overdue(),
    "clock: sweep of inputs": lambda uow: uow.inputs.sweep(),
    "clock: sweep of messages": lambda uow: uow.outgoing.sweep(),
    "clock: sends left in the act?": lambda uow: uow.outgoing.has_overdue_leases(),
    "clock: leases": lambda uow: uow.outgoing.overdue_leases(30),
    "bulk: what waits": lambda uow: uow.outgoing.bulk(100),
    "unknown: any to look for?": lambda uow: uow.unknown.is_any_due(),
    "unknown: to look for": lambda uow: uow.unknown.to_look_for(300, 50),
    "unknown: what the list must show": lambda uow: uow.unknown.known_after(Channel.SMS, NOW, 5_000),
    "unknown: whose": lambda uow: uow.unknown.owned(Channel.SMS, ["SM1", "SM2"]),
    "clock: what may be given out": lambda uow: uow.handoffs.assignable(),
    "desk: who waits": lambda uow: uow.handoffs.queue(),
    "desk: how many wait": lambda uow: uow.handoffs.count_queued(),
    "desk: mine": lambda uow: uow.handoffs.of_agent(SOMEBODY),
    "desk: a sign of life": lambda uow: uow.conversations.renew_all(SOMEBODY, 60.0),
    "desk: what happened": lambda uow: uow.handoff_steps.of([HandoffId(new_id())]),
    "board: all that is open": lambda uow: uow.handoffs.open(),
    "board: how many of each": lambda uow: uow.handoffs.count_by_status(),
    "record: of one person": lambda uow: uow.staff_acts.newest(ActsAsked(agent_id=SOMEBODY), 50),
    "record: of one kind": lambda uow: uow.staff_acts.newest(ActsAsked(act="take"), 50),
    "record: the newest": lambda uow: uow.staff_acts.newest(ActsAsked(), 50),
    "sign-in: tries": lambda uow: uow.sign_in_tries.count("k", NOW),
    "callback: the lock": lambda uow: uow.outgoing.lock(WHICH),
    "callback: another try": lambda uow: uow.outgoing.queue_again(WHICH, 1.0),
    "clock: held?": lambda uow: uow.outgoing.is_any_held_due(NOW),
    "clock: held": lambda uow: uow.outgoing.release_held(NOW),
    "clock: agents' leases": lambda uow: uow.conversations.expired(),
    "notifier: what to deliver": lambda uow: uow.webhook_deliveries.take(ENDPOINT, "me", 60),
    "notifier: it arrived": lambda uow: uow.webhook_deliveries.finish(CLAIM, NoticeStatus.DELIVERED),
    "notifier: put off": lambda uow: uow.webhook_deliveries.put_off(CLAIM, 5.0),
    "notifier: the message's state": lambda uow: told(uow).tell_statuses([WHICH]),
    "webhooks: the last deliveries": lambda uow: uow.webhook_deliveries.newest(ENDPOINT.id),
    "webhooks: once more": lambda uow: uow.webhook_deliveries.replay(ENDPOINT.id, 1),
    "turn: codes in their words": lambda uow: uow.promotions.codes_named(["AB-1", "CD-2"]),
    "turn: a promotion by its code": lambda uow: uow.promotions.by_code("LUNA10"),
    "turn: a code of a pool": lambda uow: uow.promotions.give(POOL, WHO, "AB-1", NOW),
    "turn: an order used a code": lambda uow: uow.promotions.redeem("AB-1", "1", WHO, NOW),
    "shop: any to work off?": lambda uow: uow.shop_deliveries.is_any_due(),
    "shop: take one": lambda uow: uow.shop_deliveries.take(60.0),
    "shop: what is parked": lambda uow: uow.shop_deliveries.parked(),
    "shop: whose order": lambda uow: uow.shop_deliveries.order("shopify", "450789469"),
    "shop: off the shelf": lambda uow: uow.products.forget("8801", NOW),
    "shop: was somebody erased": lambda uow: uow.tombstones.find(["a" * 64, "b" * 64]),
    "import: whose": lambda uow: uow.bulk.linked([PHONE]),
    "import: addresses": lambda uow: uow.bulk.addresses([WHO]),
    "import: orders": lambda uow: uow.bulk.orders(["1001", "1002"]),
    "import: consents": lambda uow: uow.bulk.consents([WHO]),
    "erase: the family": lambda uow: uow.relatives.of(WHO),
    "erase: files": lambda uow: uow.erasing.files([WHO]),
    "erase: everything": lambda uow: uow.erasing.erase([WHO], NOW),
    "requests: open": lambda uow: uow.privacy_requests.waiting(),
    "desk: a page of the thread": lambda uow: uow.messages.newest(WHO, before=1_000),
    "desk: news of the thread": lambda uow: uow.messages.newest(WHO, after=1_000),
}


# A shop has a handful of these, which may be read as a whole; what hangs on them may not.
SMALL = ("webhook_endpoints", "promotions")
OVER_SMALL: dict[str, Callable[[UnitOfWork], object]] = {
    "notifier: where anything is due": lambda uow: uow.webhook_deliveries.due_endpoints(),
    "turn: promotions of a customer": lambda uow: uow.promotions.for_customer(WHO, NOW.date()),
}


@contextmanager
def watched(database: Database) -> Iterator[list[tuple[str, Any]]]:
    """What is sent to the database meanwhile."""
    sent: list[tuple[str, Any]] = []

    def note(connection: Any, cursor: Any, statement: str, parameters: Any, *others: Any) -> None:
        if statement.lstrip().upper().startswith(("SELECT", "UPDATE")):
            sent.append((statement, parameters))

    event.listen(database._engine, "before_cursor_execute", note)
    yield sent
    event.remove(database._engine, "before_cursor_execute", note)


def table_scans(database: Database, statement: str, parameters: Any) -> list[str]:
    """The steps of the plan that would read a whole table."""
    with database._engine.connect() as connection:
        if database.is_sqlite:
            rows = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", parameters)
            steps = [str(row[3]) for row in rows]
            # A partial index holds only what waits: reading all of it is the point.
            scans = [step for step in steps if step.startswith("SCAN") and "USING" not in step]
            # What a subquery of the statement itself has found is no table.
            return [step for step in scans if not step.startswith("SCAN anon_")]
        connection.exec_driver_sql("SET enable_seqscan = off")
        rows = connection.exec_driver_sql(f"EXPLAIN {statement}", parameters)
        steps = [str(row[0]).strip() for row in rows]
        return [step for step in steps if "Seq Scan" in step]


def test_no_hot_query_reads_a_whole_table(database: Database) -> None:
    scans: list[tuple[str, str, list[str]]] = []
    for name, query in HOT.items():
        with watched(database) as sent, database.write() as uow:
            query(uow)
        assert sent, name
        for statement, parameters in sent:
            found = table_scans(database, statement, parameters)
            scans += [(name, statement, found)] if found else []
    assert scans == []


def test_beside_a_small_table_nothing_is_read_as_a_whole(database: Database) -> None:
    for name, query in OVER_SMALL.items():
        with watched(database) as sent, database.write() as uow:
            query(uow)
        assert sent, name
        for statement, parameters in sent:
            scans = table_scans(database, statement, parameters)
            assert [step for step in scans if not any(f" {table}" in step for table in SMALL)] == [], name
