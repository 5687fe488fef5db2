"""One transaction and the stores that act in it.

Open, act, `commit()` once; leaving without commit undoes all. Nothing is sent while one is open.
"""

from functools import cached_property

from sqlalchemy import Connection

from context_store.agents import Agents
from context_store.api_access import ApiAccess
from context_store.appointments import Appointments
from context_store.bulk import Bulk
from context_store.carts import Carts
from context_store.chores import Chores
from context_store.consents import Consents
from context_store.conversations import Conversations
from context_store.customers import Customers
from context_store.decisions import Decisions
from context_store.entries import Entries
from context_store.erasing import Erasing
from context_store.erasures import Erasures
from context_store.events import Events
from context_store.families import Families
from context_store.gauges import Gauges
from context_store.handoff_steps import HandoffSteps
from context_store.handoffs import Handoffs
from context_store.inputs import Inputs
from context_store.journeys import Enrollments
from context_store.knowledge_votes import KnowledgeVotes
from context_store.known_people import KnownPeople
from context_store.media import MediaFiles
from context_store.messages import Messages
from context_store.notices import Notices, Wanted
from context_store.orders import Orders
from context_store.outbox import Outbox
from context_store.outgoing import OutgoingMessages
from context_store.parked import Parked
from context_store.privacy_requests import PrivacyRequests
from context_store.products import Products
from context_store.promotions import Promotions
from context_store.recommended import Recommended
from context_store.relatives import Relatives
from context_store.retention import Retention
from context_store.scraps import Scraps
from context_store.segment_members import SegmentMembers
from context_store.segments import Segments
from context_store.server import Server
from context_store.shop_deliveries import ShopDeliveries
from context_store.spending import Spending
from context_store.staff_acts import StaffActs
from context_store.staff_doors import Invitations, SignInTries
from context_store.surveys import Surveys
from context_store.switches import Switches
from context_store.teams import Teams
from context_store.templates import Contents
from context_store.timeline import Timeline
from context_store.timers import Timers
from context_store.tokens import Tokens
from context_store.told_traits import ToldTraits
from context_store.tombstones import Tombstones
from context_store.tracking import Tracking
from context_store.traits import Traits
from context_store.turn_reads import TurnReads
from context_store.understood import Understood
from context_store.unknown import UnknownMessages
from context_store.webhook_deliveries import WebhookDeliveries
from context_store.webhooks import Webhooks


class UnitOfWork:
    def __init__(self, connection: Connection, wanted: Wanted) -> None:
        self._connection = connection
        # What other systems want to hear of; the stores tell it where it happens.
        self.notices = Notices(connection, wanted)

    def commit(self) -> None:
        """Keep what was done. Acts after this belong to a new transaction of the same unit."""
        self._connection.commit()
        self.families.forget()

    def rollback(self) -> None:
        self._connection.rollback()
        self.families.forget()

    @cached_property
    def families(self) -> Families:
        """Which profiles are one person; the stores read for all of them."""
        return Families(self._connection)

    @property
    def opened(self) -> frozenset[str]:
        """The stores that were asked for anything so far: no other one has been written to."""
        return frozenset(vars(self))

    @cached_property
    def customers(self) -> Customers:
        return Customers(self._connection, self.notices, self.families)

    @cached_property
    def conversations(self) -> Conversations:
        return Conversations(self._connection, self.notices)

    @cached_property
    def messages(self) -> Messages:
        return Messages(self._connection, self.families)

    @cached_property
    def outgoing(self) -> OutgoingMessages:
        return OutgoingMessages(self._connection, self.notices)

    @cached_property
    def inputs(self) -> Inputs:
        return Inputs(self._connection)

    @cached_property
    def timers(self) -> Timers:
        return Timers(self._connection, self.families)

    @cached_property
    def consents(self) -> Consents:
        return Consents(self._connection, self.notices, self.families)

    @cached_property
    def orders(self) -> Orders:
        return Orders(self._connection, self.families)

    @cached_property
    def agents(self) -> Agents:
        return Agents(self._connection)

    @cached_property
    def appointments(self) -> Appointments:
        return Appointments(self._connection, self.families)

    @cached_property
    def carts(self) -> Carts:
        return Carts(self._connection, self.families)

    @cached_property
    def decisions(self) -> Decisions:
        return Decisions(self._connection, self.families)

    @cached_property
    def events(self) -> Events:
        return Events(self._connection, self.families)

    @cached_property
    def handoffs(self) -> Handoffs:
        return Handoffs(self._connection, self.notices, self.families)

    @cached_property
    def enrollments(self) -> Enrollments:
        return Enrollments(self._connection, self.notices, self.families)

    @cached_property
    def products(self) -> Products:
        return Products(self._connection)

    @cached_property
    def recommended(self) -> Recommended:
        return Recommended(self._connection)

    @cached_property
    def knowledge_votes(self) -> KnowledgeVotes:
        return KnowledgeVotes(self._connection, self.families)

    @cached_property
    def surveys(self) -> Surveys:
        return Surveys(self._connection, self.notices, self.families)

    @cached_property
    def traits(self) -> Traits:
        return Traits(self._connection, self.families)

    @cached_property
    def erasures(self) -> Erasures:
        return Erasures(self._connection)

    @cached_property
    def bulk(self) -> Bulk:
        return Bulk(self._connection)

    @cached_property
    def erasing(self) -> Erasing:
        return Erasing(self._connection)

    @cached_property
    def relatives(self) -> Relatives:
        return Relatives(self._connection)

    @cached_property
    def tombstones(self) -> Tombstones:
        return Tombstones(self._connection)

    @cached_property
    def privacy_requests(self) -> PrivacyRequests:
        return PrivacyRequests(self._connection)

    @cached_property
    def shop_deliveries(self) -> ShopDeliveries:
        return ShopDeliveries(self._connection)

    @cached_property
    def contents(self) -> Contents:
        return Contents(self._connection)

    @cached_property
    def gauges(self) -> Gauges:
        return Gauges(self._connection)

    @cached_property
    def chores(self) -> Chores:
        return Chores(self._connection)

    @cached_property
    def switches(self) -> Switches:
        return Switches(self._connection)

    @cached_property
    def media_files(self) -> MediaFiles:
        return MediaFiles(self._connection)

    @cached_property
    def unknown(self) -> UnknownMessages:
        return UnknownMessages(self._connection, self.notices)

    @cached_property
    def spending(self) -> Spending:
        return Spending(self._connection)

    @cached_property
    def parked(self) -> Parked:
        return Parked(self._connection, self.notices)

    @cached_property
    def outbox(self) -> Outbox:
        return Outbox(self._connection, self.notices)

    @cached_property
    def retention(self) -> Retention:
        return Retention(self._connection)

    @cached_property
    def segments(self) -> Segments:
        return Segments(self._connection)

    @cached_property
    def segment_members(self) -> SegmentMembers:
        return SegmentMembers(self._connection)

    @cached_property
    def scraps(self) -> Scraps:
        return Scraps(self._connection)

    @cached_property
    def server(self) -> Server:
        return Server(self._connection)

    @cached_property
    def webhooks(self) -> Webhooks:
        return Webhooks(self._connection)

    @cached_property
    def webhook_deliveries(self) -> WebhookDeliveries:
        return WebhookDeliveries(self._connection)

    @cached_property
    def promotions(self) -> Promotions:
        return Promotions(self._connection, self.families)

    @cached_property
    def turn_reads(self) -> TurnReads:
        return TurnReads(self._connection, self.families)

    @cached_property
    def understood(self) -> Understood:
        return Understood(self._connection)

    @cached_property
    def entries(self) -> Entries:
        return Entries(self._connection, self.families)

    @cached_property
    def tokens(self) -> Tokens:
        return Tokens(self._connection)

    @cached_property
    def api_access(self) -> ApiAccess:
        return ApiAccess(self._connection)

    @cached_property
    def timeline(self) -> Timeline:
        return Timeline(self._connection, self.families)

    @cached_property
    def known_people(self) -> KnownPeople:
        return KnownPeople(self._connection)

    @cached_property
    def told_traits(self) -> ToldTraits:
        return ToldTraits(self._connection)

    @cached_property
    def tracking(self) -> Tracking:
        return Tracking(self._connection)

    @cached_property
    def teams(self) -> Teams:
        return Teams(self._connection)

    @cached_property
    def handoff_steps(self) -> HandoffSteps:
        return HandoffSteps(self._connection)

    @cached_property
    def staff_acts(self) -> StaffActs:
        return StaffActs(self._connection)

    @cached_property
    def invitations(self) -> Invitations:
        return Invitations(self._connection)

    @cached_property
    def sign_in_tries(self) -> SignInTries:
        return SignInTries(self._connection)
