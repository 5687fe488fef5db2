"""What one reads: the thread over all channels, the brief, decisions; strangers' text stays text."""

from dataclasses import replace
from datetime import timedelta

import pytest

from console.customers import identifiers_in
from console.story import PAGE
from console.words import LANGUAGES, Words, known_zone, load_texts, shortened
from context_store.records import (
    Agent,
    Author,
    Channel,
    Consent,
    ConsentStatus,
    ConversationState,
    Decision,
    Location,
    Media,
    MessageStatus,
    Method,
    Option,
    RuleAnswer,
    RunningForm,
    Topic,
    Verdict,
    Why,
)
from tests.console.conftest import Desk
from tests.doubles import NOON

PAYLOADS = (
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "'-alert(1)-'",
    "{{ 7 * 7 }}",
    "</textarea><svg onload=alert(1)>",
)


@pytest.mark.parametrize("payload", PAYLOADS)
def test_strangers_text_comes_out_as_text(office: Desk, agent: Agent, payload: str) -> None:
    customer_id, address = office.customer(payload)
    more = {
        "options": (Option(title=payload, payload="/x"),),
        "media": (Media(url=f"javascript:{payload}", content_type=payload),),
        "location": Location(latitude=1, longitude=2, label=payload),
    }
    office.says(address, payload, **more)
    office.hears(address, payload, status=MessageStatus.FAILED, reason=payload)
    handoff = office.asks_for_person(customer_id, payload[:64])
    mine = office.browser(agent)
    places = ("/desk", f"/desk/thread/{handoff.id}", "/customers", f"/customers/{customer_id}")
    for path in (*places, f"/desk/thread/{handoff.id}/live"):
        page = mine.page(path)
        assert "<script>alert" not in page, path
        assert "<img src=x" not in page, path
        assert "<svg onload" not in page, path
        assert "javascript:" not in page, path
        assert "{{" not in payload or payload in page, path
    search = mine.page("/customers", query_string={"q": payload})
    assert "<" not in payload or payload not in search


def test_everything_that_was_said_is_there_whatever_the_channel(office: Desk, agent: Agent) -> None:
    customer_id, address = office.customer(timezone="America/Guayaquil")
    office.says(address, "por WhatsApp", location=Location(latitude=40.4, longitude=-3.7, label="Casa"))
    office.says(replace(address, channel=Channel.SMS), "por SMS")
    office.hears(address, "elige", options=(Option(title="Sí, por favor", payload="/yes"),))
    office.hears(address, "no llegó", status=MessageStatus.UNDELIVERED, reason="Twilio 30003")
    office.says(address, "", media=(Media(url="https://media.example/1", content_type="image/png"),))
    office.hears(address, "", media=(Media(url="https://media.example/2", content_type="video/mp4"),))
    page = office.browser(agent).page(f"/customers/{customer_id}?lang=es")
    for text in (
        "por WhatsApp",
        "por SMS",
        '<span class="channel sms">SMS</span>',
        "Casa, 40.40000, -3.70000",
        "Sí, por favor",
        "Imagen",
    ):
        assert text in page
    assert "No entregado: el teléfono está apagado o sin cobertura (30003)" in page
    assert "https://media.example/1" not in page, "nobody is led to where a customer's file came from"
    assert 'href="https://media.example/2" target="_blank" rel="noopener noreferrer nofollow"' in page
    # Noon in Madrid is five hours before that in Guayaquil, where the customer is.
    assert "06:00" in page


def test_a_long_thread_shows_its_newest_and_leads_to_the_older(office: Desk, agent: Agent) -> None:
    customer_id, address = office.customer()
    for number in range(PAGE + 10):
        office.says(address, f"mensaje {number:03}")
    mine = office.browser(agent)
    page = mine.page(f"/customers/{customer_id}")
    assert "mensaje 009" not in page
    assert "mensaje 010" in page
    first = page.partition('data-older="')[2].partition('"')[0]
    longer = mine.page(f"/customers/{customer_id}/live?older_than={first}")
    assert "mensaje 000" in longer
    assert "mensaje 059" in longer
    assert "data-older" not in longer


def test_positions_that_nobody_has_do_no_harm(office: Desk, agent: Agent) -> None:
    customer_id, address = office.customer()
    office.says(address, "hola")
    mine = office.browser(agent)
    for asked in ("first=-1", "first=x", "older_than=99999999999999999999", "older_than=1", "first=0"):
        assert "hola" in mine.page(f"/customers/{customer_id}?{asked}")


def test_the_brief_says_what_the_bot_was_asking_and_what_it_has(office: Desk, agent: Agent) -> None:
    customer_id, address = office.customer()
    office.says(address, "quiero una persona ya")
    office.says(address, "Quiero una  persona ya")
    form = RunningForm(name="delivery_form", requested_slot="delivery_address")
    state = ConversationState(slots={"delivery_window": "morning"}, form=form)
    with office.database.write() as uow:
        conversation = uow.conversations.get(customer_id)
        assert conversation is not None
        uow.conversations.save(replace(conversation, state=state))
        uow.commit()
    handoff = office.asks_for_person(customer_id)
    page = office.browser(agent).page(f"/desk/thread/{handoff.id}")
    for text in ("Asked for a person", "Delivery address", "In the morning", "“quiero una persona ya”"):
        assert text in page
    assert "Free text for another 24 hrs" in page or "Free text for another 1 day" in page
    assert "+34600111222" in page


def test_every_rule_of_a_decision_can_be_read(office: Desk, agent: Agent) -> None:
    customer_id, address = office.customer()
    message = office.hears(address, "Te espera tu carrito", author=Author.JOURNEY, status=MessageStatus.HELD)
    until = NOON + timedelta(hours=20)
    answers = (
        RuleAnswer(rule="opted_out", verdict=Verdict.SEND),
        RuleAnswer(
            rule="decent_hour", verdict=Verdict.HOLD, reason="quiet hours where they are", until=until
        ),
        RuleAnswer(rule="a_new_rule", verdict=Verdict.SEND),
    )
    decision = Decision(
        verdict=Verdict.HOLD, answers=answers, decided_at=NOON, customer_id=customer_id, message_id=message.id
    )
    consent = Consent(
        customer_id=customer_id,
        channel=Channel.SMS,
        topic=Topic.MARKETING,
        status=ConsentStatus.OPTED_OUT,
        method="keyword",
        wording="STOP",
        created_at=NOON,
    )
    with office.database.write() as uow:
        uow.decisions.add(decision)
        uow.consents.add(consent)
        uow.commit()
    page = office.browser(agent).page(f"/customers/{customer_id}?lang=es")
    for text in ("Sin STOP en este canal", "Es buena hora donde está", "a new rule", "Más tarde"):
        assert text in page
    assert "horas de silencio donde está" in page
    assert "mañana 08:00" in page
    assert "Por palabra clave" in page


def test_customers_are_found_by_name_and_by_whole_number(any_desk: Desk) -> None:
    any_desk.customer("Lucía Fernández", "+34600111222")
    any_desk.customer("100% Ana_B", "+34600333444")
    mine = any_desk.browser(any_desk.staff("ana@casaluna.example"))
    for asked, found in {
        "fernán": "Lucía Fernández",
        "+34 600 11 12 22": "Lucía Fernández",
        "0034600111222": "Lucía Fernández",
        "100%": "100% Ana_B",
        "_b": "100% Ana_B",
    }.items():
        page = mine.page("/customers", query_string={"q": asked})
        assert found in page, asked
        assert page.count('class="name"') == 1, asked
    assert "Nobody by that name" in mine.page("/customers", query_string={"q": "600111"})
    assert identifiers_in("la mesa 600111222") == []


def test_a_merged_customer_leads_to_who_is_left(office: Desk, agent: Agent) -> None:
    survivor, _ = office.customer()
    merged, _ = office.customer(phone="+34600999888")
    with office.database.write() as uow:
        why = Why(method=Method.STAFF, actor="agent:1")
        uow.customers.merges.merge(survivor, merged, why, office.now)
        uow.commit()
    assert office.browser(agent).get(f"/customers/{merged}").location == f"/customers/{survivor}"


def test_both_languages_have_the_same_texts_with_the_same_places() -> None:
    spanish, english = (flat(load_texts(language)) for language in LANGUAGES)
    assert spanish.keys() == english.keys()
    for key, text in spanish.items():
        assert isinstance(text, str), key
        assert isinstance(english[key], str), key
        assert set(places(text)) == set(places(str(english[key]))), key


def flat(texts: dict[str, object], before: str = "") -> dict[str, object]:
    found: dict[str, object] = {}
    for key, text in texts.items():
        found |= flat(text, f"{before}{key}.") if isinstance(text, dict) else {f"{before}{key}": text}
    return found


def places(text: str) -> list[str]:
    return [part.partition("}")[0] for part in text.split("{")[1:]]


def test_the_language_is_the_asked_one_then_the_kept_one_then_the_browsers(office: Desk) -> None:
    client = office.visitor()
    spanish = {"Accept-Language": "es-EC,es;q=0.9,en;q=0.5"}
    assert "Entrar" in client.get("/sign-in", headers=spanish).get_data(as_text=True)
    assert "Sign in" in client.get("/sign-in?lang=en", headers=spanish).get_data(as_text=True)
    assert "Sign in" in client.get("/sign-in", headers=spanish).get_data(as_text=True)
    assert "Sign in" in office.visitor().get("/sign-in?lang=zz").get_data(as_text=True)


def test_times_are_told_as_people_tell_them() -> None:
    words = Words(language="es", timezone="Europe/Madrid", now=NOON)
    assert words.ago(NOON - timedelta(seconds=20)) == "ahora mismo"
    assert words.ago(NOON - timedelta(minutes=5)) == "hace 5 min"
    assert words.short(NOON + timedelta(hours=20)) == "mañana 08:00"
    assert words.day(NOON, begins=True) == "Hoy"
    assert words.day(NOON - timedelta(days=3)) == "viernes 20 nov"
    assert words.moment(NOON) == "lunes, 23 de noviembre de 2026, 12:00 (CET)"
    assert known_zone("No/Such", "Europe/Madrid") == "Europe/Madrid"
    assert known_zone("../../etc/passwd", "Europe/Madrid") == "Europe/Madrid"
    assert shortened("una\n\tlínea  \u0000 larga", 8) == "una lín…"
