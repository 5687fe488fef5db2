"""Plays the Rasa server's part: which action answers, what a form asks next, what an action's words mean.

Values in, values out. It raises on an unknown slot, event, effect or response: those are faults in a flow.
"""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Self

from context_store.records import RunningForm, TimerKind
from flows import contact, getting_to_know, options, survey, survey_library
from flows.effects import CancelTimer, HandBack, Outcome, SetTimer
from flows.registry import ACTIONS, FALLBACK_ACTION, FORMS, INTENTS, NEVER_INTERRUPTS
from flows.situation import Situation
from flows.slots import ANSWERING_INTENTS, ENTITY_FOR_SLOT
from flows.sprint import Sprint
from flows.stage import Stage
from flows.texts import Texts
from nlu.parsed import FALLBACK, Parsed

# Below this a guess does not interrupt a form: its words are taken as the answer.
SURE_ENOUGH = 0.7
MOST_INTERRUPTED = 3
FORM_TIMEOUT = timedelta(hours=24)
FORM_TIMER = "form"


class Runner:
    def __init__(self, stage: Stage, texts: Texts) -> None:
        self._stage = stage
        self._texts = texts

    @classmethod
    def load(cls) -> Self:
        domain = {"forms": {form.name: {"required_slots": list(form.slots)} for form in FORMS.values()}}
        return cls(Stage(ACTIONS, domain), Texts.load(more=survey_library.responses()))

    @property
    def texts(self) -> Texts:
        return self._texts

    def run(self, situation: Situation) -> Outcome:
        """One utterance to the next question."""
        situation = _with_picked_option(situation)
        sprint = Sprint(situation, self._stage, self._texts)
        intent = _sure_intent(situation.parsed)
        form = situation.state.form
        if intent == "repeat":
            _repeat(sprint)
        elif intent == "cancel":
            _cancel(sprint)
        elif intent == "resume":
            _resume(sprint)
        elif form is None and contact.is_undo(situation.parsed.text):
            sprint.play("action_undo_wish")
        elif form is None and survey.is_late_answer(situation):
            sprint.play("action_take_late_answer")
        elif form is None:
            sprint.play(_action_for(intent))
            _offer_resume(sprint)
            _get_to_know(sprint, _action_for(intent))
        elif _interrupts(intent, form, situation.parsed.text):
            _digress(sprint, _action_for(intent))
        else:
            _answer(sprint, form)
        return _end(sprint, understood=intent is not None or form is not None)

    def hand_off(self, situation: Situation, reason: str) -> Outcome:
        """To a person. An open form is set aside, to be offered again when the bot is back."""
        sprint = Sprint(situation, self._stage, self._texts)
        sprint.set_slot("handoff_reason", reason)
        sprint.play("action_hand_off")
        return _end(sprint, understood=True)

    def come_back(self, situation: Situation, *, handoff_id: str, is_resolved: bool) -> Outcome:
        """The thread is the bot's again: it says so, asks for a rating or offers what was left open."""
        sprint = Sprint(situation, self._stage, self._texts)
        sprint.effects.append(HandBack())
        sprint.say("utter_back_from_person")
        if is_resolved:
            sprint.set_slot("survey_handoff", handoff_id)
            sprint.play("action_start_survey")
        else:
            _offer_resume(sprint)
        return _end(sprint, understood=True)

    def expire_form(self, situation: Situation) -> Outcome:
        """The form waited too long. It is set aside; the next time they write, it is offered again."""
        sprint = Sprint(situation, self._stage, self._texts)
        form = sprint.state.form
        if form is not None and FORMS[form.name].asks_again:
            sprint.set_aside(form, MOST_INTERRUPTED)
        elif form is not None:
            sprint.drop_form(form)
        return sprint.outcome(understood=True)


def _with_picked_option(situation: Situation) -> Situation:
    option = options.pick(situation.parsed.text, situation.state.last_options, situation.choice)
    if option is None:
        return situation
    return replace(situation, parsed=options.parsed_from(option, situation.parsed.text))


def _sure_intent(parsed: Parsed) -> str | None:
    if parsed.intent == FALLBACK or parsed.confidence < SURE_ENOUGH:
        return None
    return parsed.intent


def _action_for(intent: str | None) -> str:
    return FALLBACK_ACTION if intent is None else INTENTS.get(intent, FALLBACK_ACTION)


def _interrupts(intent: str | None, form: RunningForm, said: str) -> bool:
    if intent is None or intent in NEVER_INTERRUPTS or intent not in INTENTS:
        return False
    if intent == FORMS[form.name].intent:
        return False
    if intent not in ANSWERING_INTENTS.get(form.requested_slot, frozenset()):
        return True
    # "It came late" tells us something; "when does it come?" wants to know something.
    return not FORMS[form.name].asks_again and said.rstrip().endswith("?")


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
    if sprint.state.form is None and sprint.state.interrupted:
        sprint.ask(replace(sprint.take_up(), was_offered=False))
    else:
        sprint.play("action_menu")


def _offer_resume(sprint: Sprint) -> None:
    """Once: who did not want to go on is not asked with every message."""
    if sprint.state.form is None and sprint.state.interrupted and not sprint.has_asked_for_person:
        form = sprint.take_up()
        if not form.was_offered:
            sprint.say("utter_offer_resume")
        sprint.set_aside(replace(form, was_offered=True), MOST_INTERRUPTED)


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
    """Answer the other question first, then ask again (unless the answer itself ended the form)."""
    form = sprint.state.form
    if form is not None and sprint.situation.parsed.intent in FORMS[form.name].gives_way_to:
        sprint.drop_form(form)
    sprint.play(action)
    if form is None or sprint.state.form != form or sprint.has_asked_for_person:
        return
    if FORMS[form.name].asks_again:
        sprint.say("utter_back_to_the_question")
        sprint.ask(form)
    else:
        sprint.drop_form(form)


def _answer(sprint: Sprint, form: RunningForm) -> None:
    """Take their words as the answer; ask the next question, ask again, or finish."""
    slot = form.requested_slot
    parsed = sprint.situation.parsed
    may_answer = ANSWERING_INTENTS.get(slot, frozenset())
    intent = _sure_intent(parsed)
    if intent == FORMS[form.name].intent and intent not in may_answer and parsed.entity(slot) is None:
        # They asked for this very form again: that is no answer to its question.
        sprint.ask(form)
        return
    sprint.validate(FORMS[form.name], slot, _candidate(parsed, slot))
    missing = [name for name in FORMS[form.name].slots if sprint.slot(name) is None]
    if not missing:
        sprint.close_form()
        sprint.play(FORMS[form.name].submit)
        _offer_resume(sprint)
    elif missing[0] == slot:
        _ask_again(sprint, replace(form, failed_answers=form.failed_answers + 1))
    else:
        sprint.ask(RunningForm(name=form.name, requested_slot=missing[0]))


def _ask_again(sprint: Sprint, form: RunningForm) -> None:
    if form.failed_answers < FORMS[form.name].patience:
        sprint.ask(form)
    else:
        sprint.say(FORMS[form.name].gives_up_with)
        sprint.drop_form(form)


def _candidate(parsed: Parsed, slot: str) -> str:
    return parsed.entity(slot) or parsed.entity(ENTITY_FOR_SLOT.get(slot, slot)) or parsed.text


def _end(sprint: Sprint, *, understood: bool) -> Outcome:
    form = sprint.state.form
    if form is not None and sprint.has_asked_for_person:
        sprint.set_aside(form, MOST_INTERRUPTED)
    _set_form_timer(sprint, had_form=sprint.situation.state.form is not None)
    return sprint.outcome(understood=understood)


def _set_form_timer(sprint: Sprint, *, had_form: bool) -> None:
    if sprint.state.form is not None:
        due_at = sprint.situation.now + FORM_TIMEOUT
        sprint.effects.append(SetTimer(kind=TimerKind.FORM_TIMEOUT, key=FORM_TIMER, due_at=due_at))
    elif had_form:
        sprint.effects.append(CancelTimer(key=FORM_TIMER))
