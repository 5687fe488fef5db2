"""Steering inside a form: back, skip, start over, "no, I meant …"."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

from context_store.records import ConversationState, Option, RunningForm
from flows import forms, options
from flows.corrections import Correction, read_correction
from flows.registry import FORMS
from flows.sprint import Sprint

# A form that was submitted longer ago is not what they mean.
CORRECTABLE_FOR = timedelta(minutes=10)
# With these, "no, …" may be a correction; any other intent says what they want.
MAY_CORRECT = frozenset((None, "deny"))
# What an option says that fills a slot.
PICKED = "inform"
# No answer to anything.
NONSENSE = "xyzzy plugh"


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


def corrected(sprint: Sprint, form: RunningForm, intent: str | None) -> bool:
    """Take back what they take back of this form; False when they do no such thing."""
    if intent == PICKED:
        # A label that was picked may begin like a correction and is none; of an older question it is one.
        return form.requested_slot not in _empty_named(sprint, form) and take_named(sprint, form)
    correction = read_correction(sprint.situation.parsed.text, intent)
    if correction is None:
        return False
    if correction.is_sure:
        _correct(sprint, form, correction)
        return True
    return intent in MAY_CORRECT and _take_what_fits(sprint, form, correction.meant)


def reopened(sprint: Sprint) -> RunningForm | None:
    """The form that was just submitted, with its values, to be corrected."""
    finished = sprint.state.finished
    if finished is None or sprint.situation.now - finished.finished_at > CORRECTABLE_FOR:
        return None
    sprint.state = replace(
        sprint.state,
        form=finished.form,
        finished=None,
        slots={**sprint.state.slots, **finished.slots},
        last_options=finished.form.last_offered,
    )
    return finished.form


def offered_before(state: ConversationState) -> tuple[Option, ...]:
    form = state.form or (state.finished.form if state.finished else None)
    return form.last_offered if form else ()


def _empty_named(sprint: Sprint, form: RunningForm) -> set[str]:
    named = forms.named(FORMS[form.name], sprint.situation.parsed, asked=form.requested_slot)
    return {slot for slot in named if sprint.slot(slot) is None}


def _correct(sprint: Sprint, form: RunningForm, correction: Correction) -> None:
    """Put the right value in its place and go on; ask again when they only say that it is wrong."""
    filled = _filled(sprint, form)
    if not filled:
        _correct_nothing(sprint, form, correction)
    elif correction.is_the_other:
        _take_the_other(sprint, form, filled[-1])
    elif not _take_named(sprint, form, filled) and not _take_meant(sprint, form, filled, correction.meant):
        _say_why_not(sprint, form, filled[-1], correction.meant)
        _ask_anew(sprint, form, filled[-1])


def _say_why_not(sprint: Sprint, form: RunningForm, slot: str, meant: str) -> None:
    """What they mean in its place does not fit: the form says what is wrong with it."""
    said = len(sprint.said)
    if meant:
        forms.fill(sprint, form, slot, meant)
    if len(sprint.said) == said:
        sprint.say("utter_let_us_correct")


def _take_what_fits(sprint: Sprint, form: RunningForm, meant: str) -> bool:
    """ "No, the lamp": a correction if it fits. A slot that takes any words tells nothing."""
    filled = [slot for slot in _filled(sprint, form) if _judges(sprint, form, slot)]
    asked = form.requested_slot
    if sprint.slot(asked) is None and not _judges(sprint, form, asked):
        return False
    return _take_named(sprint, form, filled) or _take_meant(sprint, form, filled, meant, asked_first=True)


def _judges(sprint: Sprint, form: RunningForm, slot: str) -> bool:
    before = sprint.bookmark()
    takes_anything = forms.fill(sprint, form, slot, NONSENSE)
    sprint.return_to(before)
    return not takes_anything


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


def _take_meant(
    sprint: Sprint, form: RunningForm, filled: list[str], meant: str, *, asked_first: bool = False
) -> bool:
    """The last answer first, then those before it; the open question after or before them."""
    tries = [(slot, form.last_offered if slot in form.answered[-1:] else ()) for slot in reversed(filled)]
    asked = form.requested_slot
    if sprint.slot(asked) is None:
        tries.insert(0 if asked_first else len(tries), (asked, sprint.state.last_options))
    return bool(meant) and any(
        _take(sprint, form, slot, _picked(meant, offered, slot) or meant) for slot, offered in tries
    )


def _picked(meant: str, offered: tuple[Option, ...], slot: str) -> str | None:
    option = options.pick(meant, offered)
    return _value(option, slot) if option else None


def _take(sprint: Sprint, form: RunningForm, slot: str, said: str) -> bool:
    """Judge it, keep it and go on; False when it does not fit."""
    if not forms.try_fill(sprint, form, slot, said):
        return False
    sprint.has_answered = True
    is_last = bool(form.answered) and form.answered[-1] == slot
    form = forms.with_answer(form, slot, form.last_offered if is_last else ())
    if forms.missing(sprint, form) is not None:
        sprint.say("utter_corrected")
    forms.go_on(sprint, form, again=True)
    return True


def _ask_anew(sprint: Sprint, form: RunningForm, slot: str) -> None:
    sprint.set_slot(slot, None)
    emptied = replace(forms.without_answer(form, slot), requested_slot=slot, failed_answers=0)
    sprint.ask(emptied, again=True)


def _value(option: Option, slot: str) -> str | None:
    return forms.chosen(options.read_payload(option.payload)[1], slot)
