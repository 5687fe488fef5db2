"""How a form fills: what they name is taken, what is missing is asked, one question at a time."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

from context_store.records import FinishedForm, Option, RunningForm
from flows.base import Form
from flows.registry import FORMS
from flows.slots import ENTITY_FOR_SLOT
from nlu.parsed import Parsed

if TYPE_CHECKING:
    from flows.sprint import Sprint

MOST_INTERRUPTED = 3


def open_form(sprint: Sprint, name: str) -> None:
    """Begin a form. What the same words name already is not asked; what was open waits its turn."""
    current = sprint.state.form
    if current is not None and current.name != name:
        leave(sprint, current)
    # Begun anew, it is not half-done any more.
    others = tuple(aside for aside in sprint.state.interrupted if aside.name != name)
    form = RunningForm(name=name, requested_slot=FORMS[name].slots[0])
    sprint.state = replace(sprint.state, form=form, interrupted=others, finished=None)
    if not sprint.has_answered:
        # Words that have answered one form's question say nothing about the next form.
        form = take_what_they_name(sprint, form)
    go_on(sprint, form)


def leave(sprint: Sprint, form: RunningForm) -> None:
    """Something else comes first: the form waits to be taken up, or ends where it cannot wait."""
    if FORMS[form.name].asks_again:
        sprint.set_aside(form, MOST_INTERRUPTED)
    else:
        sprint.drop_form(form)


def missing(sprint: Sprint, form: RunningForm) -> str | None:
    """The slot to ask for next; None when the form is complete."""
    slots = FORMS[form.name].slots
    return next((slot for slot in slots if sprint.slot(slot) is None and slot not in form.skipped), None)


def go_on(sprint: Sprint, form: RunningForm, *, again: bool = False) -> None:
    """Ask for what is missing, or submit."""
    slot = missing(sprint, form)
    if slot is None:
        _finish(sprint, form)
    else:
        sprint.ask(replace(form, requested_slot=slot, failed_answers=0), again=again)


def take_answer(sprint: Sprint, form: RunningForm, said: str | None = None) -> None:
    """Take their words (or `said`) as the answer, and whatever else they name; then go on or ask again."""
    slot, offered = form.requested_slot, sprint.state.last_options
    sprint.has_answered = True
    before = form
    form = take_what_they_name(sprint, form)
    has_told_other = form != before
    # Who answered another question was not asked in vain: nothing is said about what does not fit here.
    judge = try_fill if has_told_other else fill
    is_filled = judge(sprint, form, slot, said or candidate(sprint.situation.parsed, slot))
    if is_filled:
        form = with_answer(form, slot, offered)
    if is_filled or has_told_other or missing(sprint, form) != slot:
        go_on(sprint, form, again=not is_filled)
    else:
        _ask_again(sprint, replace(form, failed_answers=form.failed_answers + 1))


def with_answer(form: RunningForm, slot: str, offered: tuple[Option, ...] = ()) -> RunningForm:
    """The form remembers that this was answered last, and what there was to choose from."""
    others = tuple(other for other in form.answered if other != slot)
    return replace(form, answered=(*others, slot), last_offered=offered)


def without_answer(form: RunningForm, slot: str) -> RunningForm:
    return replace(
        form,
        answered=tuple(other for other in form.answered if other != slot),
        skipped=tuple(other for other in form.skipped if other != slot),
        last_offered=(),
    )


def fill(sprint: Sprint, form: RunningForm, slot: str, said: str) -> bool:
    """Let the form judge: the slot is set, or stays empty and the form has said why."""
    sprint.validate(FORMS[form.name], slot, said)
    return sprint.slot(slot) is not None


def try_fill(sprint: Sprint, form: RunningForm, slot: str, said: str) -> bool:
    """The same, but words that do not fit leave no trace."""
    before = sprint.bookmark()
    if fill(sprint, form, slot, said):
        return True
    sprint.return_to(before)
    return False


def take_what_they_name(sprint: Sprint, form: RunningForm) -> RunningForm:
    for slot, said in named(FORMS[form.name], sprint.situation.parsed, asked=form.requested_slot).items():
        is_open = sprint.slot(slot) is None and slot not in form.skipped
        if is_open and not _is_asked(sprint, form, slot) and try_fill(sprint, form, slot, said):
            form = with_answer(form, slot)
    return form


def named(form: Form, parsed: Parsed, *, asked: str | None = None) -> dict[str, str]:
    """Slot -> what the words name for it. One entity fills one slot, first the one that is asked for."""
    found = dict(form.heard_in(parsed.text))
    taken: set[str] = set()
    for slot in sorted(form.slots, key=lambda slot: slot != asked):
        entities = {slot, ENTITY_FOR_SLOT.get(slot, slot)} - taken
        said = next((value for name in sorted(entities) if (value := parsed.entity(name))), None)
        taken |= entities
        if said is not None:
            found[slot] = said
    return found


def candidate(parsed: Parsed, slot: str) -> str:
    return parsed.entity(slot) or parsed.entity(ENTITY_FOR_SLOT.get(slot, slot)) or parsed.text


def chosen(values: Mapping[str, object], slot: str) -> str | None:
    """What an option's payload says for the slot."""
    value = values.get(slot, values.get(ENTITY_FOR_SLOT.get(slot, slot)))
    return None if value is None else str(value)


def _is_asked(sprint: Sprint, form: RunningForm, slot: str) -> bool:
    # Judged once, by `take_answer`, whose refusal is to be heard.
    return sprint.has_answered and slot == form.requested_slot


def _finish(sprint: Sprint, form: RunningForm) -> None:
    rules, before = FORMS[form.name], dict(sprint.state.slots)
    sprint.close_form()
    sprint.play(rules.submit)
    if rules.is_correctable and sprint.state.form is None:
        after = sprint.state.slots
        # The form's own values, and what its submit used up.
        kept = {name: value for name, value in before.items() if name in rules.slots or name not in after}
        answered = tuple(slot for slot in form.answered or rules.slots if slot not in rules.final)
        finished = FinishedForm(
            form=replace(form, answered=answered), slots=kept, finished_at=sprint.situation.now
        )
        sprint.state = replace(sprint.state, finished=finished)


def _ask_again(sprint: Sprint, form: RunningForm) -> None:
    if form.failed_answers < FORMS[form.name].patience:
        sprint.ask(form, again=True)
    else:
        sprint.has_given_up = True
        sprint.say(FORMS[form.name].gives_up_with)
        sprint.drop_form(form)
