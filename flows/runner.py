"""Plays the Rasa server's part: which action answers, what a form asks next, what an action's words mean.

Values in, values out. It raises on an unknown slot, event, effect or response: those are faults in a flow.
"""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Self

from context_store.records import RunningForm, TimerKind
from flows import (
    contact,
    elsewhere,
    forms,
    getting_to_know,
    human,
    options,
    repair,
    survey,
    survey_library,
    which,
)
from flows.effects import AskForPerson, CancelTimer, HandBack, Outcome, SetTimer
from flows.questions import with_question
from flows.registry import ACTIONS, FALLBACK_ACTION, FORMS, INTENTS, NEVER_INTERRUPTS
from flows.situation import Situation
from flows.slots import ANSWERING_INTENTS
from flows.sprint import Sprint
from flows.stage import Stage
from flows.texts import Texts
from nlu.parsed import FALLBACK, SURE, Entity, Parsed

FORM_TIMEOUT = timedelta(hours=24)
FORM_TIMER = "form"
# These act at once, and for long.
NOT_BY_GUESS = frozenset(("opt_out", "erase_data", "insult"))
# Steps through a conversation rather than requests.
STEERING = frozenset((*repair.STEPS, "correct"))


class Runner:
    def __init__(self, stage: Stage, texts: Texts) -> None:
        self._stage = stage
        self._texts = texts

    @classmethod
    def load(cls, *, with_plain_sms: bool = True) -> Self:
        domain = {"forms": {form.name: {"required_slots": list(form.slots)} for form in FORMS.values()}}
        texts = Texts.load(more=survey_library.responses(), with_plain_sms=with_plain_sms)
        return cls(Stage(ACTIONS, domain), texts)

    @property
    def texts(self) -> Texts:
        return self._texts

    def run(self, situation: Situation) -> Outcome:
        """One utterance to the next question."""
        situation = _with_rival(with_question(_with_picked_option(situation)))
        sprint = Sprint(situation, self._stage, self._texts)
        form = situation.state.form
        intent = _heard_intent(situation.parsed, form)
        elsewhere.acknowledge(sprint)
        if intent == "repeat":
            _repeat(sprint)
        elif intent == "cancel" and not _is_answer(situation, intent):
            _cancel(sprint)
        elif form is None and contact.is_undo(situation.parsed.text):
            sprint.play("action_undo_wish")
        elif form is None and survey.is_late_answer(situation):
            # The words are this answer, and none to the question that follows.
            sprint.has_answered = True
            sprint.play("action_take_late_answer")
        elif form is None:
            _outside(sprint, intent)
        else:
            _inside(sprint, form, intent)
        return _end(sprint, understood=intent is not None or form is not None or sprint.has_answered)

    def hand_off(self, situation: Situation, reason: str) -> Outcome:
        """To a person. An open form is set aside, to be offered again when the bot is back."""
        sprint = Sprint(situation, self._stage, self._texts)
        elsewhere.acknowledge(sprint)
        sprint.set_slot("handoff_reason", reason)
        sprint.play("action_hand_off")
        return _end(sprint, understood=True)

    def end_routing_question(self, situation: Situation) -> Outcome:
        """They did not say which team: they are passed on all the same."""
        sprint = Sprint(situation, self._stage, self._texts)
        form = sprint.state.form
        if form is not None and form.name == human.HANDOFF_FORM.name:
            sprint.set_slot("handoff_team", human.ANY_TEAM)
            forms.go_on(sprint, form)
        return _end(sprint, understood=True)

    def come_back(
        self,
        situation: Situation,
        *,
        handoff_id: str,
        is_resolved: bool,
        summary: Mapping[str, str] | None = None,
    ) -> Outcome:
        """The thread is the bot's again: it says so, asks for a rating or offers what was left open.

        What happened meanwhile stays in a slot, where any flow can read it.
        """
        sprint = Sprint(situation, self._stage, self._texts)
        sprint.set_slot("handoff_summary", dict(summary) if summary else None)
        sprint.effects.append(HandBack())
        sprint.say("utter_back_from_person")
        if is_resolved:
            sprint.set_slot("survey_handoff", handoff_id)
            sprint.play("action_start_survey")
        else:
            _offer_resume(sprint)
        return _end(sprint, understood=True)

    def take_over(self, situation: Situation, begun: elsewhere.Begun) -> Outcome:
        """A form that was begun elsewhere waits here, without a word, until they write."""
        sprint = Sprint(situation, self._stage, self._texts)
        elsewhere.take_over(sprint, begun)
        return sprint.outcome(understood=True)

    def arrive(self, situation: Situation, arrival: elsewhere.Arrival) -> Outcome:
        """They came over with a code: their cart and the open question, or why the code is worth nothing."""
        sprint = Sprint(situation, self._stage, self._texts)
        elsewhere.arrive(sprint, arrival)
        return _end(sprint, understood=True)

    def expire_form(self, situation: Situation) -> Outcome:
        """The form waited too long. It is set aside; the next time they write, it is offered again."""
        sprint = Sprint(situation, self._stage, self._texts)
        form = sprint.state.form
        if form is not None:
            forms.leave(sprint, form)
        return sprint.outcome(understood=True)


def _with_picked_option(situation: Situation) -> Situation:
    state = situation.state
    option = options.pick(situation.parsed.text, state.last_options, situation.choice)
    if option is None and situation.choice is not None:
        # A button further up: they have changed their mind about the question before.
        option = options.pick("", repair.offered_before(state), situation.choice)
    if option is None:
        return situation
    return replace(situation, parsed=options.parsed_from(option, situation.parsed.text))


def _with_rival(situation: Situation) -> Situation:
    """What it may be just as well, where an action can see it."""
    parsed = situation.parsed
    if not which.is_either(parsed) or parsed.rival is None:
        return situation
    rival = Entity(name=which.RIVAL, value=parsed.rival, start=0, end=0)
    return replace(situation, parsed=replace(parsed, entities=(*parsed.entities, rival)))


def _heard_intent(parsed: Parsed, form: RunningForm | None) -> str | None:
    """A guess is better than "I did not understand", but it interrupts no form: there it is an answer."""
    is_guess = parsed.confidence < SURE and (form is not None or parsed.intent in NOT_BY_GUESS)
    return None if parsed.intent == FALLBACK or is_guess else parsed.intent


def _action_for(intent: str | None) -> str:
    return FALLBACK_ACTION if intent is None else INTENTS.get(intent, FALLBACK_ACTION)


def _outside(sprint: Sprint, intent: str | None) -> None:
    """No form is open; one may wait to be taken up, or have just been submitted."""
    if elsewhere.goes_on_here(sprint, intent):
        elsewhere.go_on(sprint, intent)
    elif intent == "resume" or (intent == "affirm" and _is_resume_offered(sprint)):
        _resume(sprint)
    elif intent == "deny" and _is_resume_offered(sprint):
        _cancel(sprint)
    elif which.is_either(sprint.situation.parsed):
        sprint.play("action_ask_which")
    elif not _correct_finished(sprint, intent):
        # What comes after it is the question, so a greeting does not ask one of its own.
        sprint.manner = "aside" if _has_something_to_offer(sprint) else None
        sprint.play(_action_for(intent))
        sprint.manner = None
        _offer_resume(sprint)
        _get_to_know(sprint, _action_for(intent))


def _inside(sprint: Sprint, form: RunningForm, intent: str | None) -> None:
    """A form waits for an answer: is this one, or a step aside or back?"""
    is_answer = _is_answer(sprint.situation, intent)
    is_topic = not is_answer and intent not in STEERING and _interrupts(intent, form)
    # A label that was picked may begin like a correction and is none.
    if not is_answer and not is_topic and repair.corrected(sprint, form, intent):
        pass
    elif intent in repair.STEPS and not is_answer:
        repair.STEPS[intent](sprint, form)
    elif is_topic:
        _digress(sprint, _action_for(intent))
    elif not is_answer and _is_same_wish(sprint, form, intent):
        # They asked for this very form again: that is no answer to its question, but may name one.
        if not repair.take_named(sprint, form):
            sprint.ask(form, again=True)
    else:
        forms.take_answer(sprint, form)
    if sprint.has_answered and not sprint.has_given_up:
        _offer_resume(sprint)


def _is_same_wish(sprint: Sprint, form: RunningForm, intent: str | None) -> bool:
    return intent == FORMS[form.name].intent and sprint.situation.parsed.entity(form.requested_slot) is None


def _interrupts(intent: str | None, form: RunningForm) -> bool:
    if intent is None or intent in NEVER_INTERRUPTS or intent not in INTENTS:
        return False
    return intent != FORMS[form.name].intent


def _is_answer(situation: Situation, intent: str | None) -> bool:
    """Rather than a new request, while that is asked."""
    form = situation.state.form
    if form is None or intent not in ANSWERING_INTENTS.get(form.requested_slot, frozenset()):
        return False
    # "It came late" tells us something; "when does it come?" wants to know something.
    return FORMS[form.name].asks_again or not situation.parsed.text.rstrip().endswith("?")


def _correct_finished(sprint: Sprint, intent: str | None) -> bool:
    """ "No, I meant the evening", right after it was written down."""
    before = sprint.bookmark()
    is_topic = intent is not None and intent in INTENTS and intent not in STEERING | NEVER_INTERRUPTS
    form = None if is_topic else repair.reopened(sprint)
    if form is not None and repair.corrected(sprint, form, intent):
        _offer_resume(sprint)
        return True
    sprint.return_to(before)
    return False


def _repeat(sprint: Sprint) -> None:
    if sprint.state.last_said:
        sprint.say_again(sprint.state.last_said)
    else:
        sprint.play("action_nothing_to_repeat")


def _cancel(sprint: Sprint) -> None:
    form = sprint.state.form
    if form is not None:
        sprint.drop_form(form)
        sprint.say("utter_canceled")
    elif sprint.state.interrupted:
        sprint.drop_form(sprint.take_up())
        sprint.say("utter_canceled")
    else:
        sprint.play("action_nothing_to_cancel")


def _resume(sprint: Sprint) -> None:
    if sprint.state.interrupted:
        form = sprint.take_up()
        elsewhere.say_topic(sprint, form)
        forms.go_on(sprint, replace(form, was_offered=False, begun_on=None))
    else:
        sprint.play("action_menu")


def _is_resume_offered(sprint: Sprint) -> bool:
    return any(option.payload == "/resume" for option in sprint.state.last_options)


def _has_something_to_offer(sprint: Sprint) -> bool:
    interrupted = sprint.state.interrupted
    return bool(interrupted) and not interrupted[-1].was_offered


def _offer_resume(sprint: Sprint) -> None:
    """Once: who did not want to go on is not asked with every message. Another question comes first."""
    is_free = sprint.state.form is None and not sprint.has_asked_for_person and not sprint.has_asked
    if is_free and _has_something_to_offer(sprint):
        form = sprint.take_up()
        sprint.say("utter_offer_resume")
        sprint.set_aside(replace(form, was_offered=True), forms.MOST_INTERRUPTED)


def _get_to_know(sprint: Sprint, answered: str) -> None:
    """A question of ours, where nothing of theirs is open."""
    state = sprint.state
    has_open = state.form is not None or state.interrupted or sprint.slot("survey_question")
    is_busy = has_open or sprint.has_asked_for_person
    until = sprint.slot("acquainted_until")
    is_early = until is not None and sprint.situation.now < datetime.fromisoformat(until)
    if answered in getting_to_know.FITTING and not is_busy and not is_early:
        sprint.play("action_get_to_know")


def _digress(sprint: Sprint, action: str) -> None:
    """Answer the other question first, then ask again (unless the answer itself asks, or ended the form)."""
    form = sprint.state.form
    assert form is not None
    rules = FORMS[form.name]
    if sprint.situation.parsed.intent in rules.gives_way_to:
        sprint.drop_form(form)
    elif rules.asks_again:
        sprint.manner = "aside"
    sprint.play(action)
    sprint.manner = None
    if sprint.state.form != form or sprint.has_asked_for_person:
        return
    if not rules.asks_again:
        sprint.drop_form(form)
    elif not sprint.has_asked:
        sprint.say("utter_back_to_the_question")
        sprint.ask(form, again=True)


def _end(sprint: Sprint, *, understood: bool) -> Outcome:
    _tell_when(sprint)
    form = sprint.state.form
    if form is not None and sprint.has_asked_for_person:
        sprint.set_aside(form, forms.MOST_INTERRUPTED)
    _set_routing_timer(sprint)
    _set_form_timer(sprint, had_form=sprint.situation.state.form is not None)
    return sprint.outcome(understood=understood)


def _tell_when(sprint: Sprint) -> None:
    """Whatever has asked for a person: if nobody can come now, they hear when somebody will."""
    asked = next((effect for effect in sprint.effects if isinstance(effect, AskForPerson)), None)
    if asked is not None:
        sprint.set_slot("handoff_reason", asked.reason)
        sprint.set_slot("handoff_team", asked.team)
        sprint.play("action_tell_when")


def _set_routing_timer(sprint: Sprint) -> None:
    name = human.HANDOFF_FORM.name
    is_open, was_open = (
        state.form is not None and state.form.name == name for state in (sprint.state, sprint.situation.state)
    )
    if is_open and not was_open:
        due_at = sprint.situation.now + human.QUESTION_LASTS
        timer = SetTimer(kind=TimerKind.ROUTING_QUESTION, key=human.QUESTION_TIMER, due_at=due_at)
        sprint.effects.append(timer)
    elif was_open and not is_open:
        sprint.effects.append(CancelTimer(key=human.QUESTION_TIMER))


def _set_form_timer(sprint: Sprint, *, had_form: bool) -> None:
    if sprint.state.form is not None:
        due_at = sprint.situation.now + FORM_TIMEOUT
        sprint.effects.append(SetTimer(kind=TimerKind.FORM_TIMEOUT, key=FORM_TIMER, due_at=due_at))
    elif had_form:
        sprint.effects.append(CancelTimer(key=FORM_TIMER))
