"""Whatever comes in whatever order: every identifier names one live customer, and no message is lost."""

from collections import defaultdict
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from context_store.conversations import conversations
from context_store.database import Database
from context_store.identity import (
    Person,
    Sender,
    bind,
    join,
    part,
    resolve,
    resolve_alias,
    resolve_person,
)
from context_store.records import (
    Author,
    Channel,
    ConversationState,
    CustomerId,
    CustomerStatus,
    Direction,
    Identifier,
    IdentifierKind,
    InputKind,
    Message,
    MessageId,
    MessageStatus,
    Method,
    Why,
    new_id,
)
from context_store.unit_of_work import UnitOfWork
from tests.fixtures.world import Ground

START = datetime(2026, 11, 23, 11, 0, tzinfo=UTC)
STAFF = Why(method=Method.STAFF, actor="agent:1")
TOKEN = Why(method=Method.TOKEN, actor="token:1")

KINDS = {
    "u": IdentifierKind.USER_ID,
    "a": IdentifierKind.ANONYMOUS_ID,
    "e": IdentifierKind.EMAIL,
    "p": IdentifierKind.PHONE,
    "w": IdentifierKind.WHATSAPP_USER_ID,
}
VALUES = {"p": "+3460000000{}", "w": "ES.1A2B{}", "e": "{}@example.com"}


def named(letter: str, number: int) -> Identifier:
    return Identifier(kind=KINDS[letter], value=VALUES.get(letter, letter + "{}").format(number))


numbers = st.integers(1, 3)
maybe = st.none() | numbers
steps = st.one_of(
    st.tuples(st.just("identify"), maybe, maybe, maybe, maybe),
    st.tuples(st.just("message"), numbers, maybe),
    st.tuples(st.just("alias"), numbers, numbers),
    st.tuples(st.just("token"), numbers, numbers),
    st.tuples(st.just("join"), st.integers(0, 9), st.integers(0, 9)),
    st.tuples(st.just("part"), st.integers(0, 9)),
)


class Story:
    """Does the steps, and remembers what was written from where."""

    def __init__(self, uow: UnitOfWork) -> None:
        self.uow = uow
        self.now = START
        self.written: dict[str, list[str]] = defaultdict(list)
        self.profiles: list[CustomerId] = []

    def do(self, step: tuple[object, ...]) -> None:
        self.now += timedelta(minutes=1)
        getattr(self, f"_{step[0]}")(*step[1:])

    def _know(self, profile: CustomerId) -> None:
        if profile not in self.profiles:
            self.profiles.append(profile)

    def _identify(self, user: int | None, phone: int | None, email: int | None, visitor: int | None) -> None:
        told = zip("upea", (user, phone, email, visitor), strict=True)
        identifiers = tuple(named(letter, number) for letter, number in told if number is not None)
        if identifiers:
            person = Person(identifiers=identifiers, source="web")
            self._know(resolve_person(self.uow.customers, person, self.now))

    def _message(self, phone: int, user_id: int | None) -> None:
        identifiers = [named("p", phone)] + ([named("w", user_id)] if user_id else [])
        number = identifiers[0].value
        sender = Sender(
            channel=Channel.WHATSAPP, address=number, identifiers=tuple(identifiers), source="twilio"
        )
        address = resolve(self.uow.customers, sender, self.now)
        self._know(address.customer_id)
        text = f"{len(self.written[number])}"
        message = Message(
            id=MessageId(new_id()),
            customer_id=address.customer_id,
            address_id=address.id,
            channel=Channel.WHATSAPP,
            direction=Direction.IN,
            author=Author.CUSTOMER,
            status=MessageStatus.RECEIVED,
            text=f"{number}:{text}",
            created_at=self.now,
        )
        assert self.uow.messages.add(message)
        self.uow.inputs.add(address.customer_id, InputKind.MESSAGE, now=self.now, message_id=message.id)
        self.written[number].append(message.text)

    def _alias(self, old: int, new: int) -> None:
        if old != new:
            self._know(resolve_alias(self.uow.customers, f"u{old}", f"u{new}", "web", self.now))

    def _token(self, phone: int, visitor: int) -> None:
        two = [self.uow.customers.owner(one) for one in (named("p", phone), named("a", visitor))]
        if two[0] and two[1]:
            bind(self.uow.customers, two[0].profile, two[1].profile, TOKEN, self.now)

    def _join(self, one: int, other: int) -> None:
        if self.profiles:
            first, second = (self.profiles[index % len(self.profiles)] for index in (one, other))
            join(self.uow.customers, first, second, STAFF, self.now)

    def _part(self, index: int) -> None:
        if self.profiles:
            merged = self.profiles[index % len(self.profiles)]
            before = {one: self._own(one) for one in self.profiles}
            part(self.uow.customers, merged, STAFF, self.now)
            assert {one: self._own(one) for one in self.profiles} == before

    def _own(self, profile: CustomerId) -> list[str]:
        """What this one profile wrote, whoever it is one person with."""
        return [one.text for one in self._thread(profile) if one.customer_id == profile]

    def _thread(self, profile: CustomerId) -> list[Message]:
        return self.uow.messages.newest(profile, limit=1000)

    def check(self) -> None:
        self.uow.families.forget()
        self._check_families()
        for letter in KINDS:
            for number in range(1, 4):
                self._check_identifier(named(letter, number))
        for phone, texts in self.written.items():
            who = self.uow.customers.find_by(Identifier(kind=IdentifierKind.PHONE, value=phone))
            assert who is not None
            assert [one.text for one in self._thread(who) if one.text.startswith(phone)] == texts
        self._check_inputs()

    def _check_families(self) -> None:
        """Following the pointers ends, at who the short cut says, and every family is told alike."""
        for profile in self.profiles:
            seen = [profile]
            while (into := self._pointer(seen[-1])) is not None:
                assert into not in seen, "a cycle"
                seen.append(into)
            found = self.uow.customers.get(profile)
            assert found is not None
            assert self.uow.customers.family(profile)[0] == seen[-1]
            assert (found.status is CustomerStatus.MERGED) == (len(seen) > 1)
            assert found.is_joined == (len(self.uow.customers.family(profile)) > 1)

    def _pointer(self, profile: CustomerId) -> CustomerId | None:
        found = self.uow.customers.get(profile)
        assert found is not None
        return found.merged_into

    def _check_identifier(self, identifier: Identifier) -> None:
        who = self.uow.customers.find_by(identifier)
        if who is not None:
            found = self.uow.customers.get(who)
            assert found is not None
            assert found.status is CustomerStatus.ACTIVE

    def _check_inputs(self) -> None:
        """All that waits is with the thread of who it is from, in the order in which it came."""
        waiting = 0
        for person in {self.uow.customers.family(profile)[0] for profile in self.profiles}:
            entries = self.uow.inputs.waiting(person, limit=1000)
            about = [entry.message_id for entry in entries if entry.message_id]
            found = self.uow.messages.by_ids(about)
            assert all(one.customer_id in self.uow.customers.family(person) for one in found.values())
            waiting += len(about)
        assert waiting == sum(len(texts) for texts in self.written.values())


@pytest.fixture
def on_sqlite(sqlite_ground: Ground) -> Iterator[Database]:
    sqlite_ground.renew()
    yield sqlite_ground.database
    sqlite_ground.database.dispose()


@pytest.fixture
def on_postgresql(postgres_ground: Ground) -> Iterator[Database]:
    postgres_ground.renew()
    yield postgres_ground.database
    postgres_ground.database.dispose()


def state_of(uow: UnitOfWork, profile: CustomerId) -> ConversationState | None:
    row = uow._connection.execute(
        select(conversations.c.state).where(conversations.c.customer_id == profile)
    ).one()
    state: ConversationState | None = row.state
    return state


def play(database: Database, story: list[tuple[object, ...]]) -> None:
    with database.write() as uow:
        told = Story(uow)
        for step in story:
            told.do(step)
            told.check()


@settings(
    max_examples=25,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(story=st.lists(steps, min_size=3, max_size=14))
def test_every_identifier_names_one_live_customer_and_no_message_is_lost(
    on_sqlite: Database, story: list[tuple[object, ...]]
) -> None:
    play(on_sqlite, story)


@pytest.mark.services
@settings(
    max_examples=5,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(story=st.lists(steps, min_size=5, max_size=12))
def test_the_same_on_postgresql(on_postgresql: Database, story: list[tuple[object, ...]]) -> None:
    play(on_postgresql, story)


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(story=st.lists(steps, min_size=3, max_size=10), picks=st.tuples(st.integers(0, 9), st.integers(0, 9)))
def test_a_merge_that_is_taken_back_leaves_everybody_as_they_were(
    on_sqlite: Database, story: list[tuple[object, ...]], picks: tuple[int, int]
) -> None:
    with on_sqlite.write() as uow:
        told = Story(uow)
        for step in (("message", 1, None), ("message", 2, None), *story):
            told.do(step)
        one, other = (told.profiles[pick % len(told.profiles)] for pick in picks)
        first, second = uow.customers.family(one), uow.customers.family(other)
        before = {
            profile: (uow.customers.family(profile), uow.customers.profile(profile), told._thread(profile))
            for profile in told.profiles
        }
        threads = {profile: state_of(uow, profile) for profile in told.profiles}
        if not join(uow.customers, one, other, STAFF, told.now):
            return
        told.check()
        part(uow.customers, second[0], STAFF, told.now)
        assert uow.customers.family(one) == first
        for profile, was in before.items():
            now = (uow.customers.family(profile), uow.customers.profile(profile), told._thread(profile))
            assert now == was
            assert state_of(uow, profile) == threads[profile]
        told.check()
