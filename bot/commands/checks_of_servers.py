"""What `hilo doctor` asks the database and Redis: there, current, large enough, on time, and how full."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

from bot.commands.findings import Finding, fine, warning, wrong
from bot.commands.group import age
from bot.queue import AWAY, QueueFault, make_queue
from bot.settings import Settings
from context_store.database import Database
from context_store.gauges import Readings
from context_store.records import MessageStatus
from context_store.switches import OUTBOUND_HOLD

MOST_SKEW = timedelta(seconds=2)
LONG_WAIT, FAR_TOO_LONG = timedelta(seconds=30), timedelta(minutes=10)
NOTHING_IS_LOST = "noeviction"


def check_database(settings: Settings) -> Iterator[Finding]:
    """Several findings; the first that is wrong may be the last."""
    database = Database.connect(settings.database_url)
    try:
        problem = database.schema_problem()
        if problem and problem.startswith("the database does not answer"):
            yield wrong("database", problem, "is it running, and are address, user and password right?")
            return
        with database.read() as uow:
            yield fine("database", uow.server.version())
            yield check_clock("database", uow.server.now)
        if problem:
            yield wrong("schema", problem, "run `hilo migrate` before the processes start")
            return
        yield fine("schema", "current")
        yield _connections(database, settings)
        yield from _work(database)
    finally:
        database.dispose()


def check_clock(whose: str, ask: Callable[[], datetime]) -> Finding:
    """Leases are on the database's clock, journeys on ours: they must agree."""
    before = datetime.now(UTC)
    theirs = ask()
    after = datetime.now(UTC)
    skew = abs(theirs - (before + (after - before) / 2))
    name = f"{whose} clock"
    if skew > MOST_SKEW:
        return wrong(
            name,
            f"{skew.total_seconds():.1f} s apart from this machine's",
            "let both follow a time server (chrony, systemd-timesyncd)",
        )
    return fine(name, f"{skew.total_seconds():.1f} s apart from this machine's")


def _connections(database: Database, settings: Settings) -> Finding:
    name = "connections"
    with database.read() as uow:
        found = uow.server.connections()
    if found is None:
        return fine(name, "SQLite needs none")
    each = settings.most_connections
    text = f"{found.used} of {found.most} in use; a process of Hilo takes up to {each}"
    if found.most - found.used < each:
        return warning(
            name, text, "raise max_connections, or put a pooler between (see docs/operations.md, Pools)"
        )
    return fine(name, text)


def _work(database: Database) -> Iterator[Finding]:
    with database.read() as uow:
        readings, (inputs, messages) = uow.gauges.read(), uow.parked.count()
        on_hold = uow.switches.reason(OUTBOUND_HOLD)
    yield _waiting(readings)
    unknown = readings.messages[MessageStatus.UNKNOWN]
    if inputs or messages:
        yield warning(
            "parked", f"{inputs} inputs and {messages} messages", "look at them with `hilo parked list`"
        )
    else:
        yield fine("parked", f"nothing; {unknown} messages of unknown fate are being looked for")
    if on_hold is None:
        yield fine("outbound", f"not on hold, {readings.messages[MessageStatus.QUEUED]} messages queued")
    else:
        yield warning("outbound", f"on hold: {on_hold}", "let it go with `hilo release`")


def _waiting(readings: Readings) -> Finding:
    name = "inputs"
    if readings.oldest_waiting_at is None:
        return fine(name, "none waits")
    waited = datetime.now(UTC) - readings.oldest_waiting_at
    text = f"{readings.waiting_inputs} wait, the oldest for {age(waited)}"
    if waited < LONG_WAIT:
        return fine(name, text)
    tell = wrong if waited > FAR_TOO_LONG else warning
    return tell(name, text, "does a worker run? docs/operations.md says what to do when the queue grows")


def check_redis(settings: Settings) -> Iterator[Finding]:
    name = "redis"
    if settings.redis_url is None:
        yield fine(name, "none set: the queue lives in the process")
        return
    try:
        redis = make_queue(settings.redis_url).storage.conn
        facts = redis.info()
        clock = check_clock(name, lambda: _time_of(redis))
    except QueueFault as fault:
        yield wrong(name, str(fault), "correct REDIS_URL")
        return
    except AWAY as error:
        yield wrong(
            name,
            f"it does not answer ({type(error).__name__})",
            "start it, or correct REDIS_URL; until then the sweep does its work, more slowly",
        )
        return
    redis.close()
    yield fine(name, f"version {facts.get('valkey_version', facts.get('redis_version'))}")
    yield clock
    yield _memory(facts)


def _time_of(redis: Any) -> datetime:
    seconds, millionths = redis.time()
    return datetime.fromtimestamp(seconds + millionths / 1e6, UTC)


def _memory(facts: dict[str, object]) -> Finding:
    name, policy, evicted = "redis memory", facts.get("maxmemory_policy"), facts.get("evicted_keys", 0)
    if facts.get("maxmemory") and policy != NOTHING_IS_LOST:
        return warning(
            name,
            f"maxmemory-policy is {policy}, {evicted} keys evicted so far: only the sweep finds such work",
            "set maxmemory-policy noeviction, and give Hilo a Redis of its own",
        )
    return fine(name, f"maxmemory-policy {policy}, nothing is thrown away")
