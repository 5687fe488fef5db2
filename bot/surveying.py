"""Surveys in a turn: asked in the conversation, or unasked by a timer, an event, staff or a journey.

An unasked one is a message for the contact policy to judge. Only when the carrier has it does the
conversation wait for an answer: until then nobody has been asked anything.
"""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any
from uuid import UUID

from bot import wishing
from bot.commands_in_turn import STEP_DONE
from bot.context import Context
from bot.doing import Doing
from context_store.records import (
    Address,
    AddressStatus,
    Author,
    Consent,
    ConsentStatus,
    Direction,
    EnrollmentId,
    HandoffId,
    InputKind,
    Message,
    MessageId,
    MessageStatus,
    Purpose,
    Survey,
    SurveyAnswer,
    SurveyId,
    TemplateUse,
    TimerKind,
    Topic,
    new_id,
)
from context_store.unit_of_work import UnitOfWork
from flows import effects as wanted
from flows.effects import Effect, Outcome, SetTimer
from flows.planner import choose_address
from flows.policy import consent_for, has_opted_out
from flows.survey_library import SurveyFile, after_event, library, response_of

TIMER, REMINDER = "survey:", "survey_reminder:"


def on_timer(context: Context) -> Outcome:
    """A survey's time has come, or that of its reminder."""
    key = str(context.inputs[0].payload["key"])
    name = key.partition(":")[2]
    effect: Effect = wanted.InviteSurvey(survey=name)
    if key.startswith(REMINDER):
        effect = wanted.RemindOfSurvey(survey=name)
    return Outcome(state=context.conversation.state, effects=(effect,))


def timers_after(event: str, context: Context) -> list[SetTimer]:
    """The surveys that follow a shop event, each at its time. The same event again moves them."""
    return [
        SetTimer(
            kind=TimerKind.SURVEY,
            key=f"{TIMER}{survey.survey}",
            due_at=context.now + timedelta(hours=survey.trigger.after_hours if survey.trigger else 0),
        )
        for survey in after_event(event, library())
    ]


def start(doing: Doing, effect: wanted.StartSurvey) -> None:
    """It is asked in the conversation, in this very turn."""
    handoff_id = HandoffId(UUID(effect.handoff_id)) if effect.handoff_id else None
    _add(doing, library()[effect.survey], handoff_id)


def keep(doing: Doing, effect: wanted.AnswerSurvey) -> None:
    uow, now = doing.uow, doing.context.now
    survey = uow.surveys.open_of(doing.context.customer.id, now)
    if survey is None or survey.survey != effect.survey:
        return
    answer = SurveyAnswer(
        survey_id=survey.id,
        question=effect.question,
        answer=effect.answer[:2000],
        score=effect.score,
        answered_at=now,
    )
    uow.surveys.keep(answer, is_bad=effect.is_bad, is_text=effect.is_text)
    uow.timers.cancel(survey.customer_id, f"{REMINDER}{survey.survey}")
    if effect.is_last:
        uow.surveys.end(survey.id, now)


def invite(doing: Doing, effect: wanted.InviteSurvey) -> None:
    file = library().get(effect.survey)
    if file is not None:
        ask_unasked(doing, file)


def ask_unasked(doing: Doing, file: SurveyFile, enrollment_id: EnrollmentId | None = None) -> bool:
    """Queue its first question. False when it rests, or there is nowhere to write to."""
    address = _address(doing)
    if address is None:
        return False
    survey = _add(doing, file, None)
    if survey is None:
        return False
    _queue(doing, file, survey, address, "asked", enrollment_id)
    return True


def step(doing: Doing, name: str, enrollment_id: EnrollmentId) -> None:
    """A journey asks. What cannot be asked is passed over, and the journey goes on."""
    file = library().get(name)
    if file is None or not ask_unasked(doing, file, enrollment_id):
        payload = {"command": STEP_DONE, "enrollment_id": str(enrollment_id), "skipped": None}
        customer_id, now = doing.context.customer.id, doing.context.now
        doing.uow.inputs.add(customer_id, InputKind.COMMAND, now=now, payload=payload)


def remind(doing: Doing, effect: wanted.RemindOfSurvey) -> None:
    """Once, and only who has answered nothing yet."""
    file = library().get(effect.survey)
    survey = doing.uow.surveys.open_of(doing.context.customer.id, doing.context.now)
    address = _address(doing)
    if file is None or survey is None or survey.survey != file.survey or address is None:
        return
    if doing.uow.surveys.remind(survey.id, doing.context.now):
        _queue(doing, file, survey, address, "reminded", None)


def slots_after_asking(uow: UnitOfWork, message: Message) -> dict[str, Any]:
    """What the conversation must know now that this question is with the customer."""
    if message.purpose is not Purpose.SURVEY or message.sent_at is None:
        return {}
    survey = uow.surveys.open_of(message.customer_id, message.sent_at)
    file = library().get(survey.survey) if survey else None
    if survey is None or file is None or survey.answered_at is not None:
        return {}
    return {"survey_name": file.survey, "survey_question": file.first.key, "survey_bad": None}


def _add(doing: Doing, file: SurveyFile, handoff_id: HandoffId | None) -> Survey | None:
    """None when it was asked within its rest period."""
    now, customer_id = doing.context.now, doing.context.customer.id
    survey = Survey(
        id=SurveyId(new_id()),
        customer_id=customer_id,
        handoff_id=handoff_id,
        survey=file.survey,
        scale=file.scale,
        asked_at=now,
        valid_until=now + timedelta(hours=file.valid_hours),
    )
    if not doing.uow.surveys.add(survey, file.rest):
        return None
    if file.remind_after_hours is not None:
        due_at = now + timedelta(hours=file.remind_after_hours)
        key = f"{REMINDER}{file.survey}"
        doing.uow.timers.set(customer_id, TimerKind.SURVEY_REMINDER, key, due_at)
    return survey


def _queue(
    doing: Doing,
    file: SurveyFile,
    survey: Survey,
    address: Address,
    time: str,
    enrollment_id: EnrollmentId | None,
) -> None:
    language = doing.context.customer.language or doing.parts.settings.default_language
    response = response_of(file.survey, file.first.key)
    rendered = doing.parts.runner.texts.render(
        response, language=language, channel=address.channel, values={}
    )
    doing.uow.messages.add(
        Message(
            id=MessageId(new_id()),
            customer_id=address.customer_id,
            address_id=address.id,
            channel=address.channel,
            direction=Direction.OUT,
            author=Author.JOURNEY,
            purpose=Purpose.SURVEY,
            status=MessageStatus.QUEUED,
            text=rendered.text,
            options=rendered.options,
            dedupe_key=f"survey:{survey.id}:{time}",
            enrollment_id=enrollment_id,
            template=TemplateUse(response=response, language=language, values=()),
            expires_at=survey.valid_until,
            created_at=doing.context.now,
        )
    )


def _address(doing: Doing) -> Address | None:
    """The channel that they used last, unless they want no surveys there."""
    customer_id, last = doing.context.customer.id, doing.context.address
    consents = doing.uow.consents.current(customer_id)
    if last is not None and last.status is AddressStatus.REACHABLE and _may_ask(consents, last):
        return last
    addresses = doing.uow.customers.addresses_of(customer_id)
    # Where all are refused, the policy says so, and why.
    open_ones = [address for address in addresses if _may_ask(consents, address)] or addresses
    return choose_address(open_ones, consents, Topic.SURVEY, wishing.favourite_of(doing))


def _may_ask(consents: Sequence[Consent], address: Address) -> bool:
    line = consent_for(consents, address.channel, Topic.SURVEY)
    has_refused = line is not None and line.status is ConsentStatus.OPTED_OUT
    return not has_refused and not has_opted_out(consents, address.channel)
