"""Surveys that were not asked for: the policy judges them, SQL keeps the rest period and one answer each."""

from typing import Any

import pytest

from context_store.records import (
    Channel,
    Consent,
    ConsentStatus,
    InputKind,
    MessageStatus,
    Survey,
    SurveyAnswer,
    Topic,
)
from flows.journeys import Journey, Journeys
from flows.survey_library import library
from tests.bot.test_events import PHONE, added, post
from tests.bot.test_reminder import happens
from tests.world import World

WHATSAPP = f"whatsapp:{PHONE}"


def ask(world: World, survey: str = "nps") -> list[str]:
    """Staff have it asked; what goes out."""
    customer_id = world.customer_id(PHONE)
    with world.database.write() as uow:
        payload = {"command": "start_survey", "survey": survey}
        uow.inputs.add(customer_id, InputKind.COMMAND, now=world.clock.now(), payload=payload)
        uow.commit()
    world.bell.ring_turns(customer_id)
    return [sent.body for sent in world.work()]


def surveys(world: World) -> list[Survey]:
    with world.database.read() as uow:
        found: list[Survey] = uow.surveys.of(world.customer_id(PHONE))
    return found


def answers(world: World) -> list[SurveyAnswer]:
    with world.database.read() as uow:
        return [one for survey in surveys(world) for one in uow.surveys.answers_to(survey.id)]


def refuse(world: World, channel: Channel, topic: Topic = Topic.SURVEY) -> None:
    consent = Consent(
        customer_id=world.customer_id(PHONE),
        channel=channel,
        topic=topic,
        status=ConsentStatus.OPTED_OUT,
        method="form",
        created_at=world.clock.now(),
    )
    with world.database.write() as uow:
        uow.consents.add(consent)
        uow.commit()


@pytest.fixture
def met(world: World) -> World:
    world.says(PHONE, "hola, buenos días")
    world.clock.forward(minutes=30)
    return world


def test_each_answer_is_kept_at_once_and_counts_once(met: World) -> None:
    assert "0 (nunca) al 10" in ask(met)[0]
    assert "mejorar" in met.says(PHONE, "un seis")[0]
    assert [(one.question, one.score) for one in answers(met)] == [("score", 6)]
    met.says(PHONE, "tardáis en contestar")
    assert {one.answer for one in answers(met)} == {"6", "tardáis en contestar"}
    met.says(PHONE, "10")
    (survey,) = surveys(met)
    assert (survey.score, survey.comment, survey.is_bad) == (6, "tardáis en contestar", False)
    assert survey.ended_at is not None


def test_never_twice_within_its_rest_period(met: World) -> None:
    assert ask(met) and met.says(PHONE, "10") and met.says(PHONE, "todo")
    met.clock.forward(days=89)
    assert ask(met) == [] and len(surveys(met)) == 1
    met.clock.forward(days=2)
    assert len(ask(met)) == 1 and len(surveys(met)) == 2


def test_sql_itself_refuses_a_second_one(met: World) -> None:
    ask(met)
    again = Survey(**{**vars(surveys(met)[0]), "id": met.customer_id(PHONE)})
    with met.database.write() as uow:
        assert not uow.surveys.add(again, library()["nps"].rest)
        uow.commit()
    assert len(surveys(met)) == 1


def test_at_night_it_waits_and_until_then_nothing_is_an_answer_to_it(met: World) -> None:
    met.clock.forward(hours=12)
    assert ask(met) == []
    assert "no lo he entendido" in met.says(PHONE, "7")[0]
    assert answers(met) == []
    met.clock.forward(hours=10, minutes=30)
    assert "0 (nunca) al 10" in met.tick()[0].body
    assert "10?" in met.says(PHONE, "7")[0]


def test_who_refused_surveys_there_is_asked_elsewhere_and_else_not_at_all(met: World) -> None:
    refuse(met, Channel.SMS)
    assert ask(met) == []
    message = met.thread(PHONE)[-1]
    assert (message.status, message.reason) == (
        MessageStatus.SKIPPED,
        "opted out of survey on this channel",
    )


def test_it_goes_where_they_wrote_last_and_as_a_template_when_the_window_is_closed(met: World) -> None:
    met.says(WHATSAPP, "hola")
    met.clock.forward(hours=47)
    ask(met)
    sent = met.channel.sent[-1]
    assert sent.to == f"whatsapp:{PHONE}" and sent.content_sid is not None
    assert met.channel.contents[-1].name == "survey_nps_score_es"


def test_reminded_once_and_not_after_an_answer(met: World) -> None:
    ask(met)
    met.clock.forward(hours=48, minutes=1)
    assert len(met.tick()) == 1
    met.clock.forward(hours=48)
    assert met.tick() == []
    other = library()["csat"].survey
    assert ask(met, other) and met.says(PHONE, "5")
    met.clock.forward(hours=25)
    assert met.tick() == []


def test_what_comes_too_late_is_no_answer(met: World) -> None:
    ask(met)
    met.clock.forward(hours=121)
    met.tick()
    assert "no lo he entendido" in met.says(PHONE, "9")[0]
    assert answers(met) == []


@pytest.mark.parametrize(("said", "is_answer"), [("8/10", True), ("😍", True), ("genial", False)])
def test_after_other_words_only_a_plain_rating_is_an_answer(
    sqlite_world: World, said: str, is_answer: bool
) -> None:
    sqlite_world.says(PHONE, "hola, buenos días")
    sqlite_world.clock.forward(minutes=30)
    ask(sqlite_world)
    sqlite_world.clock.forward(minutes=1)
    assert "Abrimos" in sqlite_world.says(PHONE, "¿a qué hora abren?")[0]
    sqlite_world.says(PHONE, said)
    assert bool(answers(sqlite_world)) == is_answer


def test_right_after_the_question_a_word_is_an_answer(met: World) -> None:
    ask(met)
    assert "lo que más te gusta" in met.says(PHONE, "genial")[0]


def test_a_bad_answer_left_unfinished_goes_to_a_person_when_the_form_runs_out(met: World) -> None:
    ask(met, "csat")
    met.says(PHONE, "1")
    met.clock.forward(hours=25)
    assert met.tick() == []
    with met.database.read() as uow:
        handoff = uow.handoffs.open_of(met.customer_id(PHONE))
    assert handoff is not None and handoff.reason == "bad_rating"


def test_an_option_is_picked_by_its_number_its_words_or_its_button(met: World) -> None:
    for said, extra in (
        ("2", {}),
        ("Tarde", {}),
        ("x", {"ButtonPayload": '/inform{"survey_answer": "late"}'}),
    ):
        assert ask(met, "after_delivery")
        met.says(PHONE, said, **extra)
        met.says(PHONE, "salta")
        met.clock.forward(days=31)
    assert [one.answer for one in answers(met) if one.question == "arrival"] == ["late"] * 3


def test_a_journey_asks_and_goes_on(met: World, monkeypatch: pytest.MonkeyPatch) -> None:
    given: dict[str, Any] = {
        "journey": "asking",
        "version": 1,
        "owner": "tests",
        "purpose": "survey",
        "priority": 1,
        "trigger": {"cart": "changed"},
        "entry_key": "cart",
        "steps": [{"wait": "soon"}, {"survey": "csat"}, {"wait": "soon"}],
        "exits": [{"event": "Order Completed"}],
        "valid_hours": 10,
    }
    journeys = Journeys([Journey.model_validate(given)], {"soon": 60})
    object.__setattr__(met.house.parts, "journeys", journeys)
    post(met, "identify", {"userId": "u1", "messageId": "i1", "traits": {"phone": PHONE}})
    happens(met, added("m1"))
    met.clock.forward(minutes=61)
    (sent,) = met.tick()
    assert "del 1 (muy mal) al 5" in sent.body
    met.clock.forward(minutes=61)
    met.tick()
    with met.database.read() as uow:
        (run,) = uow.enrollments.of(met.customer_id(PHONE))
    assert run.step == 3
