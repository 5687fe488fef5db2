"""Idempotency-Key: the same again is answered the same, another body is refused, nothing is done twice."""

from tests.bot.api.calling import bearer, met, post, problem, told
from tests.bot.helpers import at_once, count_rows
from tests.world import World

KEY = {"Idempotency-Key": "order-1042"}


def text_to(customer: str, text: str = "Tu pedido sale hoy.") -> dict[str, str]:
    return {"customer": customer, "purpose": "transactional", "text": text}


def test_the_same_again_is_answered_the_same(world: World) -> None:
    customer = met(world)
    first = post(world, "messages", text_to(customer), **KEY)
    again = post(world, "messages", text_to(customer), **KEY)
    assert told(again, 201) == told(first, 201)
    assert again.headers["Idempotent-Replayed"] == "true"
    assert [sent.body for sent in world.work()] == ["Tu pedido sale hoy."]


def test_another_body_is_refused(sqlite_world: World) -> None:
    customer = met(sqlite_world)
    told(post(sqlite_world, "messages", text_to(customer), **KEY), 201)
    answer = post(sqlite_world, "messages", text_to(customer, "Otra cosa."), **KEY)
    problem(answer, 422, "idempotency-key-reused")
    other = post(sqlite_world, "handoffs", {"customer": customer}, **KEY)
    problem(other, 422, "idempotency-key-reused")


def test_what_was_refused_was_not_done_and_may_be_tried_again(sqlite_world: World) -> None:
    customer = met(sqlite_world)
    problem(post(sqlite_world, "messages", text_to("user_id:nobody"), **KEY), 404, "no-such-customer")
    told(post(sqlite_world, "messages", text_to(customer), **KEY), 201)


def test_two_at_once_do_it_once(world: World) -> None:
    customer = met(world)
    application = world.client.application
    before = count_rows(world, "messages")

    def send() -> tuple[int, object]:
        answer = application.test_client().post(
            "/v1/messages", json=text_to(customer), headers={**bearer(), **KEY}
        )
        return answer.status_code, answer.get_json()["id"]

    answers = at_once([send] * 4)
    assert {status for status, _ in answers} == {201}
    assert len({message_id for _, message_id in answers}) == 1
    assert count_rows(world, "messages") == before + 1


def test_a_key_has_plain_characters(sqlite_world: World) -> None:
    customer = met(sqlite_world)
    for key in ("", "x" * 201, "a\tb"):
        answer = post(sqlite_world, "messages", text_to(customer), **{"Idempotency-Key": key})
        problem(answer, 400, "invalid-idempotency-key")
