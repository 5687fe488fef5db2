"""Plays a transcript against the whole bot: what they write, what passes, what the bot must answer.

A step is one of: `whatsapp` or `sms` (their words, or fields of Twilio's form), `wait` (a timedelta),
`identify` and `track` (the shop tells), `consent` (agreed to on the web), `order` (one under way),
`taken` (somebody else books that hour), `agent` (takes, says, returns, resolves), `survey` (staff have it
asked), `entry` (a conversation held elsewhere is told), `token` (a code is asked for; `{code}` in later words
stands for it), `team` (there is one: its name and hours, and who is there), `promotions` (what is on offer,
approved). `answers` are the exact texts that go out, in order.
"""

import re
from collections.abc import Callable
from datetime import datetime, timedelta
from itertools import takewhile
from pathlib import Path
from typing import Any
from uuid import uuid4

import yaml

from context_store.records import (
    Agent,
    AgentId,
    Channel,
    Consent,
    ConsentStatus,
    InputKind,
    OrderStatus,
    Presence,
    Role,
    Team,
    TeamId,
    Topic,
)
from handoff import desk
from tests.bot.booking import book_for_another
from tests.bot.helpers import add_order
from tests.bot.offers import offer_promotions
from tests.bot.test_events import post
from tests.world import World

FOLDER = Path(__file__).parent
PHONE = "+34600111222"


class Stage:
    """One transcript's people: a customer with one number, and an agent."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.agent: Agent | None = None
        self.events = 0
        self.code = ""

    def play(self, step: dict[str, Any]) -> list[str]:
        """What went out because of this step."""
        before = len(self.world.channel.sent)
        kind = next(name for name in step if name != "answers")
        ACTS[kind](self, step[kind])
        self.world.work()
        return [message.body for message in self.world.channel.sent[before:]]

    def whatsapp(self, said: Any) -> None:
        self._write(f"whatsapp:{PHONE}", said)

    def sms(self, said: Any) -> None:
        self._write(PHONE, said)

    def _write(self, origin: str, said: Any) -> None:
        # Several at once: they wait together, as when somebody types in a hurry.
        for one in said if isinstance(said, list) else [said]:
            fields = one if isinstance(one, dict) else {"Body": str(one)}
            body = fields.get("Body", "").replace("{code}", self.code)
            extra = {name: str(value) for name, value in fields.items() if name != "Body"}
            assert self.world.receive(origin, body, **extra).status_code == 200

    def wait(self, amount: dict[str, float]) -> None:
        self.world.clock.moment += timedelta(**amount)
        self.world.tick()

    def identify(self, traits: dict[str, Any]) -> None:
        self._tell("identify", {"traits": {"phone": PHONE, **traits}})

    def track(self, told: dict[str, Any]) -> None:
        event = told["event"]
        properties = {name: value for name, value in told.items() if name != "event"}
        self._tell("track", {"event": event, "properties": {"currency": "EUR", **properties}})

    def _tell(self, kind: str, body: dict[str, Any]) -> None:
        self.events += 1
        common = {"userId": "u1", "messageId": f"e{self.events}"}
        stamped = {**common, **body, "timestamp": self.world.clock.now().isoformat()}
        assert post(self.world, kind, stamped).status_code == 200

    def consent(self, channel: str) -> None:
        with self.world.database.write() as uow:
            uow.consents.add(
                Consent(
                    customer_id=self.world.customer_id(PHONE),
                    channel=Channel(channel),
                    topic=Topic.MARKETING,
                    status=ConsentStatus.OPTED_IN,
                    method="form",
                    created_at=self.world.clock.now(),
                )
            )
            uow.commit()

    def order(self, given: dict[str, str]) -> None:
        status = OrderStatus(given.get("status", "shipped"))
        add_order(self.world, PHONE, number=given["number"], status=status)

    def taken(self, given: dict[str, str]) -> None:
        book_for_another(self.world, given["service"], datetime.fromisoformat(given["starts_at"]))

    def promotions(self, told: Any) -> None:
        """Those of the shop's file, or some of their own; a pool has its codes beside it."""
        offer_promotions(self.world, None if told == "shipped" else told)

    def survey(self, name: str) -> None:
        customer_id = self.world.customer_id(PHONE)
        with self.world.database.write() as uow:
            payload = {"command": "start_survey", "survey": name}
            uow.inputs.add(customer_id, InputKind.COMMAND, now=self.world.clock.now(), payload=payload)
            uow.commit()
        self.world.bell.ring_turns(customer_id)

    def entry(self, told: dict[str, Any]) -> None:
        hours = told.get("hours_ago", 0)
        happened = (self.world.clock.now() - timedelta(hours=hours)).isoformat()
        body = {name: value for name, value in told.items() if name != "hours_ago"}
        self._call(f"/v1/customers/phone:{PHONE}/entries", {"occurred_at": happened, **body})

    def token(self, asked: dict[str, Any]) -> None:
        self.code = self._call("/v1/context-tokens", asked)["code"]

    def _call(self, path: str, body: dict[str, Any]) -> dict[str, Any]:
        answer = self.world.client.post(path, json=body, headers={"Authorization": "Bearer test-api-key"})
        assert answer.status_code == 201, answer.get_data(as_text=True)
        found: dict[str, Any] = answer.get_json()
        return found

    def team(self, given: dict[str, Any]) -> None:
        """`free`: how many colleagues are online with nothing to do."""
        fields = {name: value for name, value in given.items() if name != "free"}
        fields["topics"] = tuple(fields.get("topics", ()))
        if "hours" in fields:
            fields["hours"] = ((fields["hours"],),) * 5 + ((), ())
        team = Team(id=TeamId(uuid4()), **fields)
        with self.world.database.write() as uow:
            uow.teams.save(team)
            members = [_hire(self.world.clock.now(), f"{uuid4()}@example.com") for _ in range(given["free"])]
            for member in members:
                uow.agents.add(member, "no password")
                uow.agents.set_presence(member.id, Presence.ONLINE)
            uow.teams.set_members(team.id, [member.id for member in members])
            uow.commit()

    def agent_acts(self, act: Any) -> None:
        customer_id = self.world.customer_id(PHONE)
        with self.world.database.write() as uow:
            request = uow.handoffs.open_of(customer_id)
            assert request is not None, "nobody has asked for a person"
            now = self.world.clock.now()
            if act == "takes":
                self.agent = _hire(now)
                uow.agents.add(self.agent, "no password")
                desk.take(uow, request.id, self.agent.id, now)
            elif isinstance(act, dict):
                assert self.agent is not None
                desk.reply(uow, request.id, self.agent, desk.Reply(text=act["says"]), now)
            else:
                assert self.agent is not None
                is_resolved = act == "resolves"
                desk.give_back(uow, request.id, self.agent, desk.Ending(is_resolved=is_resolved), now)
            uow.commit()
        self.world.bell.ring_sender(customer_id)
        self.world.bell.ring_turns(customer_id)


ACTS: dict[str, Callable[[Stage, Any], None]] = {
    "whatsapp": Stage.whatsapp,
    "sms": Stage.sms,
    "wait": Stage.wait,
    "identify": Stage.identify,
    "track": Stage.track,
    "consent": Stage.consent,
    "order": Stage.order,
    "taken": Stage.taken,
    "agent": Stage.agent_acts,
    "survey": Stage.survey,
    "entry": Stage.entry,
    "token": Stage.token,
    "team": Stage.team,
    "promotions": Stage.promotions,
}


def read(file: Path) -> list[dict[str, Any]]:
    steps: list[dict[str, Any]] = yaml.safe_load(file.read_text(encoding="utf-8"))
    return steps


class Readable(yaml.SafeDumper):
    """Answers of several lines are written as several lines."""


def _text(dumper: yaml.SafeDumper, value: str) -> yaml.ScalarNode:
    style = "|" if "\n" in value else None
    return dumper.represent_scalar("tag:yaml.org,2002:str", value, style=style)


Readable.add_representer(str, _text)


def write(file: Path, steps: list[dict[str, Any]]) -> None:
    """Steps whose answers are new are written anew; every other line, comments too, stays as it is."""
    before = read(file)
    head, chunks = _chunks(file.read_text(encoding="utf-8"))
    assert len(chunks) == len(before) == len(steps), f"{file.name}: a step does not begin with '- '"
    written = [
        chunk if old == new else _dump(new) + _comments_after(chunk)
        for chunk, old, new in zip(chunks, before, steps, strict=True)
    ]
    file.write_text(head + "".join(written), encoding="utf-8")


def _chunks(text: str) -> tuple[str, list[str]]:
    """What stands before the first step, and each step with the comments behind it."""
    head, *chunks = re.split(r"^(?=- )", text, flags=re.MULTILINE)
    return head, chunks


def _comments_after(chunk: str) -> str:
    lines = chunk.splitlines(keepends=True)
    behind = list(takewhile(lambda line: line.startswith("#") or not line.strip(), reversed(lines)))
    return "".join(reversed(behind))


def _dump(step: dict[str, Any]) -> str:
    return yaml.dump([step], Dumper=Readable, allow_unicode=True, sort_keys=False, width=100)


def _hire(now: Any, email: str = "marta@example.com") -> Agent:
    return Agent(id=AgentId(uuid4()), email=email, name="Marta", role=Role.AGENT, created_at=now)
