"""How Hilo is put together. Read this first; nobody imports it but the server and the tests.

`build` makes the parts of one process, `create_app` serves them. Tests replace parts by name.
"""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import TypedDict, Unpack

import click
from flask import Flask

from bot import api, data_alerts, inbound_sweep, media, reconcile, retention, segments
from bot.breaker import Breaker
from bot.bulk import BulkThread
from bot.channels.twilio import TwilioChannel
from bot.chores import Chore, ChoresThread
from bot.clock import ClockThread
from bot.commands import (
    customers,
    database,
    doctor,
    imports,
    keys,
    outbox,
    parked,
    privacy,
    serve,
    webhooks,
)
from bot.commands import nlu as nlu_tools
from bot.commands import promotions as promotion_tools
from bot.commands import twilio as twilio_account
from bot.commands.group import InOrder
from bot.demo import seed
from bot.errors import register_errors
from bot.house import House
from bot.logs import set_up_logs
from bot.media import folder_of
from bot.metrics import Metrics
from bot.notifier import NotifierThread, WantedThread, rules_of
from bot.parts import Bell, Parts
from bot.promotions import in_segment, on_for
from bot.queue import make_consumer, make_queue
from bot.send_rates import SendRates
from bot.sender import Sender
from bot.sentry import set_up_sentry
from bot.settings import Settings, SettingsFault
from bot.shops.work import SHOPS
from bot.simulator import blueprint as simulator_pages
from bot.simulator_wiring import make_simulator
from bot.tasks import QueueBell
from bot.turn import Turns
from bot.watchdog import Watchdog
from bot.webhook_call import fault_of
from bot.webhook_signing import new_secret
from bot.webhooks import events, health, shop, twilio
from bot.webhooks import metrics as metrics_page
from console import ConsoleParts, OidcSettings, ensure_first_admin, new_password
from console import blueprint as console_pages
from context_store.database import Database
from context_store.records import Channel
from flows import tracking_plan
from flows.booking_plan import load_plan
from flows.costs import MICROS
from flows.journeys import Journeys
from flows.policy import load_limits
from flows.runner import Runner
from flows.shop import load_shop
from flows.tracking_plan import PlanFault, TrackingPlan
from nlu.interpreter import EmbeddedInterpreter, Interpreter
from nlu.rasa_server import RasaInterpreter, RasaServer

# A Twilio form is 2-8 KB; nothing that a customer sends comes near this.
LARGEST_REQUEST = 256 * 1024


class Doubles(TypedDict, total=False):
    """What a test may put in place of the real thing."""

    channel: TwilioChannel
    interpreter: Interpreter
    bell: Bell
    now: Callable[[], datetime]


def utc_now() -> datetime:
    return datetime.now(UTC)


def build(settings: Settings, **doubles: Unpack[Doubles]) -> House:
    """Everything that acts, wired; nothing started."""
    queue = make_queue(settings.redis_url)
    queue_bell = None if "bell" in doubles else QueueBell(queue)
    simulator = make_simulator(settings) if settings.simulator else None
    metrics = Metrics()
    parts = Parts(
        settings=settings,
        database=Database.connect(settings.database_url, pool_size=settings.worker_threads * 2 + 4),
        channel=doubles.get("channel") or TwilioChannel(settings),
        interpreter=doubles.get("interpreter") or make_interpreter(settings, metrics),
        runner=Runner.load(with_plain_sms=settings.sms_plain_letters),
        journeys=Journeys.load({"cart_reminder_minutes": settings.cart_reminder_minutes}),
        limits=load_limits(settings.default_timezone, spend_cap_of(settings)),
        shop=load_shop(settings.shop_name),
        booking=load_plan(settings.default_timezone),
        plan=load_tracking_plan(settings),
        bell=queue_bell or doubles["bell"],
        breaker=Breaker(failures=settings.breaker_failures, pause=settings.breaker_seconds),
        rates=SendRates(
            settings.redis_url,
            {Channel.SMS: settings.sms_per_second, Channel.WHATSAPP: settings.whatsapp_per_second},
        ),
        watchdog=Watchdog(settings.turn_seconds),
        in_segment=in_segment,
        now=doubles.get("now") or (simulator.clock.now if simulator else utc_now),
        metrics=metrics,
    )
    sender = Sender(parts)
    return House(
        parts=parts,
        queue_bell=queue_bell,
        turns=Turns(parts),
        sender=sender,
        clock=ClockThread(parts),
        chores=ChoresThread(parts, chores_of(settings)),
        bulk=BulkThread(parts, sender.send_bulk, max(1, settings.worker_threads // 2)),
        notifier=NotifierThread(parts),
        wanted=WantedThread(parts),
        consumer=make_consumer(queue, settings.worker_threads),
        simulator=simulator,
    )


def load_tracking_plan(settings: Settings) -> TrackingPlan:
    """Raises `SettingsFault` for a file that is no plan."""
    try:
        return tracking_plan.load_plan(settings.tracking_plan)
    except PlanFault as fault:
        raise SettingsFault(f"TRACKING_PLAN: {fault}. Hint: docs/events.md shows one") from fault


def make_interpreter(settings: Settings, metrics: Metrics) -> Interpreter:
    embedded = EmbeddedInterpreter.load(with_embeddings=settings.nlu_embeddings)
    if settings.nlu_url is None:
        return embedded
    return RasaInterpreter(RasaServer(settings.nlu_url), embedded, note=metrics.rasa_asked)


def chores_of(settings: Settings) -> list[Chore]:
    """What some process does every so often."""
    return [
        reconcile.chore(settings),
        inbound_sweep.chore(settings),
        media.MEDIA,
        retention.chore(settings),
        segments.SEGMENTS,
        SHOPS,
        data_alerts.CHORE,
    ]


def spend_cap_of(settings: Settings) -> int | None:
    """In millionths, as it is counted."""
    cap = settings.daily_spend_cap
    return None if cap is None else round(cap * MICROS)


def create_app(settings: Settings | None = None, *, house: House | None = None) -> Flask:
    """The web application. By itself it only stores and rings: workers do the rest.

    Raises `SettingsFault` when something is missing or wrong.
    """
    if house is None:
        settings = settings or serve.web_settings()
        set_up_logs(settings)
        set_up_sentry(settings)
        house = build(settings)
        house.start_bell()
    app = Flask("hilo", static_folder=None)
    app.config["MAX_CONTENT_LENGTH"] = LARGEST_REQUEST
    register_errors(app)
    app.register_blueprint(twilio.blueprint(house.parts))
    app.register_blueprint(events.blueprint(house.parts))
    app.register_blueprint(shop.blueprint(house.parts))
    app.register_blueprint(api.blueprint(house.parts))
    app.register_blueprint(health.blueprint(house.parts))
    app.register_blueprint(metrics_page.blueprint(house.parts))
    app.register_blueprint(console_pages(console_parts(house)))
    if house.simulator is not None:
        app.register_blueprint(simulator_pages(house.simulator))
    return app


def console_parts(house: House) -> ConsoleParts:
    parts = house.parts
    return ConsoleParts(
        database=parts.database,
        now=parts.now,
        secret_key=parts.settings.secret_key,
        public_url=parts.settings.public_url,
        ring_turns=parts.bell.ring_turns,
        ring_sender=parts.bell.ring_sender,
        shop=parts.shop,
        media_folder=folder_of(parts.settings),
        webhook_fault=lambda url: fault_of(url, rules_of(parts.settings)),
        new_webhook_secret=new_secret,
        segment_names=lambda uow: [segment.key for segment in uow.segments.all()],
        with_plain_sms=parts.settings.sms_plain_letters,
        promotions_of=lambda uow, customer: on_for(uow, parts, customer),
        simulator_url="/simulator" if house.simulator else None,
        services={service.key: service.names.model_dump() for service in parts.booking.services},
        timezone=parts.settings.default_timezone,
        plan=parts.plan,
        oidc=oidc_of(parts.settings),
    )


def oidc_of(settings: Settings) -> OidcSettings | None:
    issuer, client_id, secret = settings.oidc_issuer, settings.oidc_client_id, settings.oidc_client_secret
    if issuer is None or client_id is None or secret is None:
        return None
    return OidcSettings(issuer=issuer, client_id=client_id, client_secret=secret, name=settings.oidc_name)


@click.group(cls=InOrder)
def hilo() -> None:
    """Hilo keeps one conversation per customer over WhatsApp and SMS.

    Settings come from the environment; `hilo doctor` says which are missing. docs/operations.md tells
    the rest.
    """


MAKING = serve.Making(
    build=build,
    create_app=lambda house: create_app(house=house),
    seed=seed,
    first_admin=ensure_first_admin,
)
# In the order in which `hilo --help` lists them.
serve.register(hilo, MAKING)
doctor.register(hilo, serve.any_settings)
twilio_account.register(hilo, serve.any_settings)
database.register(hilo, serve.any_settings, new_password, MAKING)
outbox.register(hilo, serve.any_settings)
parked.register(hilo, serve.any_settings)
keys.register(hilo, serve.any_settings)
imports.register(hilo, serve.any_settings)
privacy.register(hilo, serve.any_settings)
customers.register(hilo, serve.any_settings)
webhooks.register(hilo, serve.any_settings)
promotion_tools.register(hilo, serve.any_settings)
nlu_tools.register(hilo, serve.any_settings)


def main() -> None:
    hilo()


if __name__ == "__main__":
    main()
