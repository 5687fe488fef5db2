"""Settings from the environment: all checked at the start, all faults in one error with a hint each."""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Self
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, available_timezones

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, ValidationError

from nlu.embeddings import encoder

LEAST_KEPT_DAYS = 8
TWILIO_API = "https://api.twilio.com"
YES = frozenset(("1", "true", "yes", "on"))
NO = frozenset(("0", "false", "no", "off"))


class SettingsFault(Exception):
    """One line for each setting that is missing or wrong, with what to do."""


def _yes_or_no(value: Any) -> Any:
    word = str(value).strip().casefold()
    if word in YES or word in NO:
        return word in YES
    raise ValueError("must be yes or no")


def _time_zone(value: str) -> str:
    if value not in available_timezones():
        raise ValueError("no such time zone")
    return ZoneInfo(value).key


def _tokens(value: Any) -> Any:
    return (
        tuple(part.strip() for part in value.split(",") if part.strip()) if isinstance(value, str) else value
    )


def _base_url(value: str) -> str:
    if not value.startswith(("http://", "https://")):
        raise ValueError("must start with http:// or https://")
    return value.rstrip("/")


YesNo = Annotated[bool, BeforeValidator(_yes_or_no)]
Tokens = Annotated[tuple[str, ...], BeforeValidator(_tokens)]
Url = Annotated[str, AfterValidator(_base_url)]
E164 = r"^\+[1-9]\d{6,14}$"


class Settings(BaseModel):
    """Field names are the environment's, in lower case; each description is the hint shown with a fault."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    port: int = Field(8000, ge=1, le=65535, description="the port to listen on, for example 8000")
    database_url: str = Field(
        "",
        pattern=r"^(sqlite|postgresql\+psycopg)://",
        description="sqlite:///var/hilo.db or postgresql+psycopg://user@host/name",
    )
    redis_url: str | None = Field(
        None,
        pattern=r"^(rediss?|unix)://",
        description="redis://host:6379/0; needed as soon as two processes serve",
    )
    public_url: Url = Field(
        "", description="the address that Twilio calls, e.g. https://bot.example.com, without a path"
    )
    secret_key: str = Field(min_length=32, description="32 or more random characters: `openssl rand -hex 32`")
    var_folder: Path = Field(
        Path("var"), description="where customers' files, made secrets and SQLite's file are kept"
    )

    twilio_account_sid: str = Field(pattern=r"^AC[0-9a-fA-F]{32}$", description="AC… from the Twilio console")
    twilio_auth_token: Tokens = Field(
        min_length=1, description="the auth token; two, separated by a comma, while rotating"
    )
    twilio_api_url: Url = Field(TWILIO_API, description="leave it out, except for a stand-in")
    twilio_content_url: Url = Field(
        "https://content.twilio.com", description="leave it out, except for a stand-in"
    )
    twilio_messaging_url: Url = Field(
        "https://messaging.twilio.com", description="leave it out, except for a stand-in"
    )
    twilio_timeout: float = Field(10.0, gt=0, le=60, description="seconds to wait for Twilio's answer")
    sms_from: str | None = Field(None, pattern=E164, description="your SMS number as +34910000001")
    whatsapp_from: str | None = Field(None, pattern=E164, description="your WhatsApp number as +34910000002")
    twilio_messaging_service_sid: str | None = Field(
        None, pattern=r"^MG[0-9a-fA-F]{32}$", description="MG… from the Twilio console"
    )
    proxy_url: Url | None = Field(None, description="an HTTP proxy for calls to Twilio")
    simulator: YesNo = Field(False, description="yes or no; on by itself when no Twilio account is set")

    shop_name: str = Field(
        "Casa Luna", min_length=1, max_length=60, description="what the bot calls the shop"
    )
    default_country: str = Field("ES", pattern=r"^[A-Z]{2}$", description="two capital letters, e.g. ES")
    default_timezone: Annotated[str, AfterValidator(_time_zone)] = Field(
        "Europe/Madrid", description="a name like America/Guayaquil"
    )
    default_language: str = Field("es", pattern=r"^(es|en|pt)$", description="es, en or pt")
    currency: str = Field("EUR", pattern=r"^[A-Z]{3}$", description="three capital letters, e.g. EUR")

    store_cart_url: Url | None = Field(
        None, description="where the web cart is, e.g. https://shop.example/cart"
    )
    event_write_keys: Tokens = Field(
        (), description="source:key pairs that may send events, separated by commas, e.g. web:4f1c…"
    )
    event_origins: Tokens = Field(
        (),
        description="origins of web pages whose scripts may send events, separated by commas, e.g. "
        "https://shop.example; * for all",
    )
    event_late_minutes: float = Field(
        60.0, gt=0, description="how many minutes after it happened an event counts as late"
    )
    tracking_plan: Path | None = Field(
        None,
        description="the file of your own tracking plan; without one, the usual events of a shop",
    )
    api_keys: Tokens = Field((), description="keys that other systems may read with, separated by commas")
    api_per_minute: int = Field(
        600, ge=1, le=1_000_000, description="requests a minute that one API key may make"
    )
    shopify_secret: Tokens = Field(
        (), description="the app's client secret; two, separated by a comma, while rotating"
    )
    woocommerce_secret: Tokens = Field(
        (), description="the secret of the webhooks; two, separated by a comma, while rotating"
    )
    shop_domains: Tokens = Field(
        (), description="the only shops that may send, e.g. luna.myshopify.com; left out: any that signs"
    )
    cart_reminder_minutes: float = Field(
        60.0, gt=0, le=43200, description="how long a cart is left alone before its reminder"
    )
    admin_email: str = Field("admin@example.com", description="the first administrator, at the first start")
    admin_password: str | None = Field(
        None,
        min_length=10,
        description="their password, ten characters or more; without one it is made and shown",
    )

    oidc_issuer: Url | None = Field(
        None, description="who signs your staff in, e.g. https://login.example.com/realms/shop"
    )
    oidc_client_id: str | None = Field(None, description="what that provider calls Hilo")
    oidc_client_secret: str | None = Field(None, description="from the provider, beside OIDC_CLIENT_ID")
    oidc_name: str = Field("SSO", max_length=40, description="what the button says: Sign in with …")

    nlu_url: Url | None = Field(
        None, description="a Rasa server that understands instead of us, e.g. http://rasa:5005"
    )
    nlu_embeddings: YesNo = Field(
        False, description="yes or no; meaning beyond words, needs `pip install 'hilo[embeddings]'`"
    )

    sms_plain_letters: YesNo = Field(
        True, description="yes or no; an SMS drops its accents and emoji where that saves a segment"
    )

    metrics_token: str | None = Field(
        None, min_length=16, description="sixteen characters or more; who sends it may read /metrics"
    )
    sentry_dsn: str | None = Field(
        None,
        pattern=r"^https?://[^@/]+@[^/]+/.*\d$",
        description="https://key@host/42, from your Sentry project",
    )
    log_format: str = Field("text", pattern=r"^(text|json)$", description="text or json")

    # The engine's horizons and intervals, in seconds; tests shorten them.
    gather_seconds: float = Field(0.4, ge=0, le=10, description="how long a row of messages is gathered")
    sweep_seconds: float = Field(1.0, gt=0, description="how often the clock looks for what was left")
    lease_seconds: float = Field(
        30.0, gt=0, description="how long one send may take; not less than TWILIO_TIMEOUT"
    )
    turn_seconds: float = Field(
        15.0, gt=0, description="how long a turn may take; a process with one that hangs starts anew"
    )
    lane_wait_seconds: float = Field(30.0, ge=0, description="how long a lane waits for a lost callback")
    unknown_horizon_seconds: float = Field(
        300.0, gt=0, description="when an unknown message is given up; not less than LANE_WAIT_SECONDS"
    )
    look_seconds: float = Field(
        15.0, gt=0, description="how long between two looks at the carrier's list for an unknown message"
    )
    inbound_sweep_seconds: float = Field(
        300.0, gt=0, description="how often the carrier's list is searched for messages that never arrived"
    )
    breaker_failures: int = Field(
        5, ge=1, le=100, description="failures of the carrier in a row after which sending pauses"
    )
    breaker_seconds: float = Field(5.0, gt=0, description="the first pause; each next one is twice as long")
    loop_answers: int = Field(20, ge=1, description="the most answers to one customer in LOOP_SECONDS")
    loop_seconds: float = Field(300.0, gt=0, description="the time in which LOOP_ANSWERS are counted")
    sms_per_second: float = Field(10.0, gt=0, description="SMS a second that your number may send")
    whatsapp_per_second: float = Field(80.0, gt=0, description="WhatsApp messages a second, for the sender")

    # Money: nothing is counted unless there is a cap.
    daily_spend_cap: float | None = Field(
        None, gt=0, description="the most that a day's messages may cost, in CURRENCY"
    )
    sms_segment_price: float = Field(0.08, ge=0, description="what one SMS segment costs, in CURRENCY")
    whatsapp_message_price: float = Field(
        0.005, ge=0, description="what one WhatsApp message costs, in CURRENCY"
    )

    webhook_loopback: YesNo = Field(
        False, description="yes or no; outgoing webhooks may go to this machine, on http:// too"
    )

    # How long what is kept is kept, in days; 0 keeps it for ever.
    keep_messages_days: int = Field(
        0, ge=0, description="days that messages of the thread are kept, 8 or more; 0: for ever"
    )
    keep_media_days: int = Field(180, ge=0, description="days that customers' files are kept; 0: for ever")
    keep_events_days: int = Field(400, ge=0, description="days that shop events are kept; 0: for ever")
    keep_decisions_days: int = Field(180, ge=0, description="days that decisions are kept; 0: for ever")
    keep_work_days: int = Field(
        30, ge=0, description="days that handled inputs and fired timers are kept; 0: for ever"
    )
    keep_notices_days: int = Field(
        30, ge=4, description="days that outgoing webhooks and their log are kept, 4 or more"
    )
    worker_threads: int = Field(4, ge=1, le=64, description="threads that take turns and send, per process")
    web_threads: int = Field(16, ge=2, le=128, description="threads that answer requests, when embedded")

    @classmethod
    def from_env(
        cls, environment: Mapping[str, str] | None = None, *, is_one_of_several: bool = False, **made: Any
    ) -> Self:
        """Read and check everything. `made` are defaults that the start command made (secrets, a simulator).

        With `is_one_of_several` the process shares its work with others, and needs what they share.
        Raises `SettingsFault` that lists every fault at once.
        """
        found = os.environ if environment is None else environment
        values: dict[str, Any] = dict(made)
        faults: list[str] = []
        for name in cls.model_fields:
            try:
                value = _read(found, name.upper())
            except (OSError, UnicodeDecodeError) as error:
                why = error.strerror if isinstance(error, OSError) else "it is not a text in UTF-8"
                faults.append(f"{name.upper()}_FILE: cannot be read ({why})")
                continue
            if value is not None:
                values[name] = value
        try:
            settings = cls(**_with_derived(values))
        except ValidationError as error:
            faults += [_in_words(fault) for fault in error.errors()]
        else:
            faults += settings._conflicts()
        faults += _unfit_for_twilio(values)
        faults += _unfit_for_several(values) if is_one_of_several else []
        if faults:
            raise SettingsFault("\n".join(faults))
        return settings

    @property
    def is_at_twilio(self) -> bool:
        """The carrier is Twilio itself, no stand-in."""
        return self.twilio_api_url == TWILIO_API

    @property
    def sqlite_file(self) -> Path | None:
        """Where SQLite keeps the data; None on PostgreSQL and in memory."""
        path = self.database_url.removeprefix("sqlite:///")
        return Path(path) if path != self.database_url and path not in ("", ":memory:") else None

    @property
    def pool_size(self) -> int:
        """Connections that a process keeps open: two for each thread that works, and a few for the rest."""
        return self.worker_threads * 2 + 4

    @property
    def most_connections(self) -> int:
        """As many again are opened while it is busy."""
        return self.pool_size * 2

    def _conflicts(self) -> list[str]:
        rules = (
            (
                bool(self.sms_from or self.whatsapp_from or self.twilio_messaging_service_sid),
                "SMS_FROM, WHATSAPP_FROM: set at least one of them, or nobody can be answered",
            ),
            (
                self.oidc_issuer is None or bool(self.oidc_client_id and self.oidc_client_secret),
                "OIDC_ISSUER: is set without OIDC_CLIENT_ID and OIDC_CLIENT_SECRET. Hint: the provider "
                "gives both when you register Hilo there with PUBLIC_URL/sign-in/oidc/back",
            ),
            (
                self.oidc_issuer is None or _is_private_enough(self.oidc_issuer),
                "OIDC_ISSUER: must be https, or anybody on the way could sign in as anybody. Hint: only "
                "on this machine may it be http",
            ),
            (
                # Two names for one file would pass for two databases.
                not self.database_url.startswith("sqlite:///file:"),
                "DATABASE_URL: is one of SQLite's own `file:` addresses. Hint: the file's plain path, as in "
                "sqlite:///var/hilo.db",
            ),
            (
                self.lease_seconds >= self.twilio_timeout,
                "LEASE_SECONDS: is shorter than TWILIO_TIMEOUT, so a message would be taken for lost while "
                "Twilio may still answer. Hint: give it the double",
            ),
            (
                self.unknown_horizon_seconds >= self.lane_wait_seconds,
                "UNKNOWN_HORIZON_SECONDS: is shorter than LANE_WAIT_SECONDS, so a message would be given up "
                "while its lane still waits for it. Hint: 300 and 30",
            ),
            (
                not self.nlu_embeddings or encoder() is not None,
                "NLU_EMBEDDINGS: no embeddings are installed. Hint: pip install 'hilo[embeddings]', or "
                "leave it out",
            ),
            (
                # The carrier's list of the last day is compared with them as well.
                not 0 < self.keep_messages_days < LEAST_KEPT_DAYS,
                "KEEP_MESSAGES_DAYS: is too short for the weekly cap, which counts the messages of a week. "
                f"Hint: {LEAST_KEPT_DAYS} or more, or 0 for ever",
            ),
        )
        return [fault for is_fine, fault in rules if not is_fine]


def _is_private_enough(url: str) -> bool:
    parts = urlsplit(url)
    return parts.scheme == "https" or parts.hostname in ("127.0.0.1", "localhost", "::1")


def _read(environment: Mapping[str, str], name: str) -> str | None:
    """The value itself, or the content of the file that NAME_FILE names; an empty one counts as not set."""
    path = environment.get(f"{name}_FILE")
    value = Path(path).read_text(encoding="utf-8").strip() if path else environment.get(name, "").strip()
    return value or None


def _unfit_for_twilio(values: Mapping[str, Any]) -> list[str]:
    if "public_url" in values or values.get("twilio_api_url", TWILIO_API).rstrip("/") != TWILIO_API:
        return []
    return [
        "PUBLIC_URL: is missing, and Twilio cannot call this machine by itself. "
        "Hint: the https address that leads here, e.g. https://bot.example.com"
    ]


def _unfit_for_several(values: Mapping[str, Any]) -> list[str]:
    faults = []
    if "redis_url" not in values:
        faults.append(
            "REDIS_URL: is missing, and several processes need one queue in common. "
            "Hint: redis://host:6379/0, or `hilo run` for everything in one process"
        )
    if values.get("database_url", "sqlite:").startswith("sqlite:"):
        faults.append(
            "DATABASE_URL: SQLite takes one serving process, and this is one of several. "
            "Hint: postgresql+psycopg://user@host/name, or `hilo run` for everything in one process"
        )
    return faults


def _with_derived(values: Mapping[str, Any]) -> dict[str, Any]:
    folder = Path(values.get("var_folder", "var"))
    return {
        "database_url": f"sqlite:///{folder / 'hilo.db'}",
        "public_url": f"http://127.0.0.1:{values.get('port', 8000)}",
        **values,
    }


def _in_words(fault: Any) -> str:
    name = str(fault["loc"][0])
    hint = Settings.model_fields[name].description
    what = "is missing" if fault["type"] == "missing" else fault["msg"].removeprefix("Value error, ")
    return f"{name.upper()}: {what}. Hint: {hint}"
