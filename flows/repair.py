"""Steering inside a form: back, skip, start over, "no, I meant …"."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

from context_store.records import Option, RunningForm
from flows import forms, options
from flows.corrections import Correction, read_correction
from flows.registry import FORMS
from flows.sprint import Sprint

# A form that was submitted longer ago is not what they mean.
CORRECTABLE_FOR = timedelta(minutes=10)


def go_back(sprint: Sprint, form: RunningForm) -> None:
    """To the question before; the first one has none."""
    if form.answered:
        _ask_anew(sprint, form, form.answered[-1])
    else:
        sprint.say("utter_first_question")
        sprint.ask(form, again=True)


def skip(sprint: Sprint, form: RunningForm) -> None:
    slot = form.requested_slot
    if slot in FORMS[form.name].optional:
        sprint.has_answered = True
        forms.go_on(sprint, forms.with_answer(replace(form, skipped=(*form.skipped, slot)), slot))
        return
    why = f"utter_why_{form.name}_{slot}"
    sprint.say(why if sprint.texts.has(why) else "utter_cannot_skip")
    sprint.ask(form, again=True)


def start_over(sprint: Sprint, form: RunningForm) -> None:
    """From the form's first question; said there, it means the whole conversation."""
    if not form.answered:
        sprint.play("action_restart")
        return
    for slot in FORMS[form.name].slots:
        sprint.set_slot(slot, None)
    sprint.say("utter_form_restarted")
    forms.go_on(sprint, RunningForm(name=form.name, requested_slot=form.requested_slot))


def ask_again(sprint: Sprint, form: RunningForm) -> None:
    sprint.ask(form, again=True)


STEPS: dict[str, Callable[[Sprint, RunningForm], None]] = {
    "go_back": go_back,
    "skip": skip,
    "restart": start_over,
    "resume": ask_again,
}


def correction_of(sprint: Sprint, form: RunningForm, intent: str | None) -> Correction | None:
    """What they take back, of this form; words that may mean something else count when they fit."""
    correction = read_correction(sprint.situation.parsed.text, intent)
    if correction is None or correction.is_sure:
        return correction
    named = forms.named(FORMS[form.name], sprint.situation.parsed, asked=form.requested_slot)
    is_of_another = form.requested_slot not in named and any(slot in _filled(sprint, form) for slot in named)
    is_choice = not sprint.state.last_options and options.pick(correction.meant, form.last_offered)
    return correction if is_of_another or is_choice else None


def reopened(sprint: Sprint) -> RunningForm | None:
    """The form that was just submitted, with its values, to be corrected."""
    finished = sprint.state.finished
    if finished is None or sprint.situation.now - finished.finished_at > CORRECTABLE_FOR:
        return None
    slots = {**sprint.state.slots, **finished.slots}
    sprint.state = replace(sprint.state, form=finished.form, finished=None, slots=slots, last_options=())
    return finished.form


def correct(sprint: Sprint, form: RunningForm, correction: Correction) -> None:
    """Put the right value in its place and go on; ask again when they only say that it is wrong."""
    filled = _filled(sprint, form)
    if not filled:
        _correct_nothing(sprint, form, correction)
    elif correction.is_the_other:
        _take_the_other(sprint, form, filled[-1])
    elif not _take_named(sprint, form, filled) and not _take_meant(sprint, form, filled, correction.meant):
        sprint.say("utter_let_us_correct")
        _ask_anew(sprint, form, filled[-1])


def take_named(sprint: Sprint, form: RunningForm) -> bool:
    """They asked for this very form once more, and named something of it."""
    return _take_named(sprint, form, _filled(sprint, form))


def _filled(sprint: Sprint, form: RunningForm) -> list[str]:
    """What can be taken back; the last answer comes last."""
    answered = [slot for slot in form.answered if sprint.slot(slot) is not None]
    return answered or [slot for slot in FORMS[form.name].slots if sprint.slot(slot) is not None]


def _correct_nothing(sprint: Sprint, form: RunningForm, correction: Correction) -> None:
    if correction.meant and not correction.is_the_other:
        forms.take_answer(sprint, form, correction.meant)
    else:
        sprint.ask(form, again=True)


def _take_the_other(sprint: Sprint, form: RunningForm, slot: str) -> None:
    offered = [value for option in form.last_offered if (value := _value(option, slot)) is not None]
    others = [value for value in offered if value != str(sprint.slot(slot))]
    is_plain = len(offered) == 2 and len(others) == 1
    if not is_plain or not _take(sprint, form, slot, others[0]):
        _ask_anew(sprint, form, slot)


def _take_named(sprint: Sprint, form: RunningForm, filled: list[str]) -> bool:
    named = forms.named(FORMS[form.name], sprint.situation.parsed, asked=form.requested_slot)
    if any(_take(sprint, form, slot, said) for slot, said in named.items() if slot in filled):
        return True
    slot = form.requested_slot
    return slot in named and sprint.slot(slot) is None and _take(sprint, form, slot, named[slot])


def _take_meant(sprint: Sprint, form: RunningForm, filled: list[str], meant: str) -> bool:
    """The last answer first, then those before it, then the question that is open."""
    if not meant:
        return False
    for slot in reversed(filled):
        option = options.pick(meant, form.last_offered) if slot == filled[-1] else None
        if _take(sprint, form, slot, (_value(option, slot) if option else None) or meant):
            return True
    option = options.pick(meant, sprint.state.last_options)
    slot = form.requested_slot
    return sprint.slot(slot) is None and _take(
        sprint, form, slot, (_value(option, slot) if option else None) or meant
    )


def _take(sprint: Sprint, form: RunningForm, slot: str, said: str) -> bool:
    """Judge it, keep it and go on; False when it does not fit."""
    if not forms.try_fill(sprint, form, slot, said):
        return False
    sprint.has_answered = True
    is_last = bool(form.answered) and form.answered[-1] == slot
    form = forms.with_answer(form, slot, form.last_offered if is_last else ())
    if forms.missing(sprint, form) is not None:
        sprint.say("utter_corrected")
    forms.go_on(sprint, form)
    return True


def _ask_anew(sprint: Sprint, form: RunningForm, slot: str) -> None:
    sprint.set_slot(slot, None)
    emptied = replace(forms.without_answer(form, slot), requested_slot=slot, failed_answers=0)
    sprint.ask(emptied, again=True)


def _value(option: Option, slot: str) -> str | None:
    return forms.chosen(options.read_payload(option.payload)[1], slot)
