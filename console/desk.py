"""The desk: who waits, what is mine, and one thread with its brief; take, reply, give back."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from flask import Blueprint, Response, abort, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from werkzeug.wrappers import Response as AnyResponse

from console import acts, forms
from console.auth import SESSION_COOKIE, require_staff
from console.desk_forms import LONGEST_DRAFT, ending_from, passing_from, snoozed_until
from console.fields import FieldFault, chosen
from console.parts import ConsoleParts
from console.permissions import MATRIX, Permission
from console.staff import hash_of
from console.story import Lists, Story, read_lists, tell
from context_store.records import CustomerId, Handoff, HandoffId, Presence
from context_store.unit_of_work import UnitOfWork
from flows.human import LATE_ANSWER
from handoff import desk, passing
from handoff.desk import DeskFault, Reply

HELPERS = MATRIX[Permission.HELP]

# What an act on a thread needs: the unit of work and the request's form is read inside.
Act = Callable[[UnitOfWork, HandoffId], CustomerId]


@dataclass(frozen=True, kw_only=True)
class Kept:
    """What the agent had written when it was refused, and why it was."""

    fault: str = ""
    text: str = ""
    note: str = ""


def add_pages(blueprint: Blueprint, parts: ConsoleParts) -> None:
    pages = DeskPages(parts)
    add = blueprint.add_url_rule
    add("/desk", "show_desk", pages.show_desk)
    add("/desk/live", "desk_live", pages.desk_live)
    add("/desk/keep", "keep", pages.keep, methods=["POST"])
    thread = "/desk/thread/<uuid:handoff_id>"
    add(thread, "show_thread", pages.show_thread)
    add(f"{thread}/live", "thread_live", pages.thread_live)
    add(f"{thread}/take", "take", pages.take, methods=["POST"])
    add(f"{thread}/reply", "reply", pages.reply, methods=["POST"])
    add(f"{thread}/give-back", "give_back", pages.give_back, methods=["POST"])
    add(f"{thread}/release", "release", pages.release, methods=["POST"])
    add(f"{thread}/transfer", "transfer", pages.transfer, methods=["POST"])
    add(f"{thread}/snooze", "snooze", pages.snooze, methods=["POST"])
    add("/desk/presence", "set_presence", pages.set_presence, methods=["POST"])


class DeskPages:
    def __init__(self, parts: ConsoleParts) -> None:
        self._parts = parts

    @require_staff(Permission.HELP)
    def show_desk(self) -> ResponseReturnValue:
        with self._parts.database.read() as uow:
            lists = read_lists(uow, g.agent.id)
        return render_template("console/desk.html", lists=lists, kept=Kept())

    @require_staff(Permission.HELP)
    def desk_live(self) -> ResponseReturnValue:
        with self._parts.database.read() as uow:
            lists = read_lists(uow, g.agent.id)
        return live(self._parts, "console/_desk_live.html", lists=lists, handoff=None)

    @require_staff(Permission.HELP)
    def keep(self) -> ResponseReturnValue:
        """A sign of life from any open page renews all that the agent has taken."""
        with self._parts.database.write() as uow:
            desk.keep_all(uow, g.agent.id)
            uow.agents.session_seen(hash_of(request.cookies[SESSION_COOKIE]), self._parts.real_now())
            uow.commit()
        return "", 204

    @require_staff(Permission.HELP)
    def show_thread(self, handoff_id: UUID) -> ResponseReturnValue:
        story, lists = self._read(handoff_id)
        if story.composer.state == "other":
            self._note_listening(story)
        return render_template("console/thread.html", **_shown(story, lists, Kept()))

    @require_staff(Permission.HELP)
    def thread_live(self, handoff_id: UUID) -> ResponseReturnValue:
        story, lists = self._read(handoff_id)
        return live(self._parts, "console/_thread_live.html", **_shown(story, lists, Kept()))

    @require_staff(Permission.HELP)
    def take(self, handoff_id: UUID) -> ResponseReturnValue:
        now = self._parts.now()
        fault, _ = self._act(
            "take", handoff_id, lambda uow, found: desk.take(uow, found, g.agent.id, now).customer_id
        )
        return self._thread(handoff_id, Kept(fault=fault), 409) if fault else self._to(handoff_id)

    @require_staff(Permission.HELP)
    def reply(self, handoff_id: UUID) -> ResponseReturnValue:
        now, text = self._parts.now(), request.form.get("text", "")[:LONGEST_DRAFT]
        said = Reply(text=text, seen=request.form.get("seen", type=int), late_response=LATE_ANSWER)

        def act(uow: UnitOfWork, found: HandoffId) -> CustomerId:
            message = desk.reply(uow, found, g.agent, said, now)
            # Without JavaScript this is the only sign of life.
            desk.keep(uow, found, g.agent.id)
            return message.customer_id

        # No line in the record: the thread itself says who wrote what.
        fault, customer_id = self._act(None, handoff_id, act)
        if customer_id is None:
            return self._thread(handoff_id, Kept(fault=fault, text=text), 409)
        self._parts.ring_sender(customer_id)
        return self._to(handoff_id)

    @require_staff(Permission.HELP)
    def give_back(self, handoff_id: UUID) -> ResponseReturnValue:
        now, ending = self._parts.now(), ending_from(request.form)
        fault, customer_id = self._act(
            "give_back",
            handoff_id,
            lambda uow, found: desk.give_back(uow, found, g.agent, ending, now).customer_id,
            outcome=ending.outcome or "",
            is_resolved=ending.is_resolved,
        )
        if customer_id is None:
            return self._thread(handoff_id, Kept(fault=fault, note=ending.note), 409)
        self._parts.ring_turns(customer_id)
        return redirect(url_for("console.show_desk"), 303)

    @require_staff(Permission.HELP)
    def release(self, handoff_id: UUID) -> ResponseReturnValue:
        now = self._parts.now()
        fault, _ = self._act(
            "release", handoff_id, lambda uow, found: desk.release(uow, found, g.agent, now).customer_id
        )
        return self._after_letting_go(handoff_id, fault)

    @require_staff(Permission.HELP)
    def transfer(self, handoff_id: UUID) -> ResponseReturnValue:
        now = self._parts.now()
        try:
            wanted = passing_from(request.form)
        except FieldFault as fault:
            return self._thread(handoff_id, Kept(fault=g.words(f"faults.{fault.code}")), 409)
        said, _ = self._act(
            "transfer",
            handoff_id,
            lambda uow, found: passing.transfer(uow, found, g.agent, wanted, now).customer_id,
            to=str(wanted.agent_id or wanted.team_id),
        )
        return self._after_letting_go(handoff_id, said, wanted.note)

    @require_staff(Permission.HELP)
    def snooze(self, handoff_id: UUID) -> ResponseReturnValue:
        now = self._parts.now()
        until = snoozed_until(request.form, now, self._parts.timezone)
        fault, _ = self._act(
            "snooze",
            handoff_id,
            lambda uow, found: passing.snooze(uow, found, g.agent, until, now).customer_id,
            until=until.isoformat(),
        )
        return self._after_letting_go(handoff_id, fault)

    @require_staff(Permission.HELP)
    def set_presence(self) -> ResponseReturnValue:
        try:
            presence = chosen("presence", Presence)
        except FieldFault:
            abort(400)
        with self._parts.database.write() as uow:
            uow.agents.set_presence(g.agent.id, presence)
            uow.commit()
        target = request.form.get("next", "")
        return redirect(target if forms.is_local(target) else url_for("console.show_desk"), 303)

    def _after_letting_go(self, handoff_id: UUID, fault: str, note: str = "") -> ResponseReturnValue:
        if fault:
            return self._thread(handoff_id, Kept(fault=fault, note=note), 409)
        return redirect(url_for("console.show_desk"), 303)

    def _act(
        self, name: str | None, handoff_id: UUID, act: Act, **details: Any
    ) -> tuple[str, CustomerId | None]:
        """Do it, note it and commit. What went wrong in the agent's words, or the customer it was about."""
        try:
            with self._parts.database.write() as uow:
                customer_id = act(uow, HandoffId(handoff_id))
                if name is not None:
                    acts.note(uow, self._parts, name, handoff_id, customer_id=customer_id, **details)
                uow.commit()
        except DeskFault as fault:
            most = desk.LONGEST_LATE_REPLY if fault.code == "too_long_for_template" else desk.LONGEST_REPLY
            return g.words(f"faults.{fault.code}", most=most), None
        return "", customer_id

    def _note_listening(self, story: Story) -> None:
        """Who opens a colleague's thread stands in the record: that is what makes it fair."""
        assert story.handoff is not None
        with self._parts.database.write() as uow:
            customer_id = story.handoff.customer_id
            acts.note(uow, self._parts, "listen", story.handoff.id, customer_id=customer_id)
            uow.commit()

    def _thread(self, handoff_id: UUID, kept: Kept, status: int = 200) -> ResponseReturnValue:
        story, lists = self._read(handoff_id)
        return render_template("console/thread.html", **_shown(story, lists, kept)), status

    def _read(self, handoff_id: UUID) -> tuple[Story, Lists]:
        with self._parts.database.read() as uow:
            handoff = self._found(uow, handoff_id)
            story = tell(uow, self._parts, handoff.customer_id, handoff)
            return story, read_lists(uow, g.agent.id)

    def _found(self, uow: UnitOfWork, handoff_id: UUID) -> Handoff:
        handoff = uow.handoffs.get(HandoffId(handoff_id))
        if handoff is None:
            abort(404)
        return handoff

    def _to(self, handoff_id: UUID) -> AnyResponse:
        return redirect(url_for("console.show_thread", handoff_id=handoff_id), 303)


def live(parts: ConsoleParts, template: str, **shown: Any) -> AnyResponse:
    """The parts of a page that change by themselves; 304 while they have not."""
    response = Response(render_template(template, **shown))
    response.add_etag()
    # The page tells times by our clock, which in the demo is not the browser's.
    response.headers["Hilo-Now"] = parts.now().isoformat()
    return response.make_conditional(request)


def _shown(story: Story, lists: Lists, kept: Kept) -> dict[str, Any]:
    return {"story": story, "lists": lists, "kept": kept, "words": story.words, "handoff": story.handoff}
