"""Which reply answered which message, and what is counted of it."""

from typing import Any

from bench.answers import Answers, Reply, Written, judge

SECOND = {"SM1": 0.0, "SM2": 1.0, "SM3": 2.0}


def post(provider_id: str, status: int = 200) -> dict[str, Any]:
    due_at = SECOND[provider_id]
    return {"provider_id": provider_id, "due_at": due_at, "acknowledged_at": due_at + 0.1, "status": status}


def written(*numbers: int) -> list[Written]:
    return [Written(provider_id=f"SM{number}", number=number, customer_id="ana") for number in numbers]


def reply(head: int, place: int = 0) -> Reply:
    return Reply(message_id=f"reply {head}:{place}", customer_id="ana", head=head, place=(head, place))


def judged(posts: list[dict[str, Any]], replies: list[Reply], arrived: list[float]) -> Answers:
    taken = [(moment, "+34", one.message_id) for moment, one in zip(arrived, replies, strict=True)]
    return judge(posts, written(1, 2, 3), replies, [*taken, (2.5, "+34", "of the campaign")])


def test_each_message_waits_for_its_own_reply() -> None:
    found = judged([post("SM1"), post("SM2"), post("SM3")], [reply(1), reply(2), reply(3)], [0.5, 1.5, 4.0])
    assert (found.answers, found.unanswered, found.out_of_order) == (3, 0, 0)
    assert (found.answered_p50, found.answered_p95) == (0.5, 2.0)
    assert round(found.acknowledged_p95, 3) == 0.1
    assert found.answers_a_second == 3 / 4
    assert found.bulk_a_second == 1 / 4


def test_one_reply_may_answer_a_row_of_messages() -> None:
    found = judged([post("SM1"), post("SM2"), post("SM3")], [reply(1), reply(3)], [1.5, 2.5])
    assert (found.answers, found.messages, found.unanswered) == (2, 3, 0)
    assert found.answered_p95 == 1.5


def test_a_turn_that_says_two_things_is_over_with_the_second() -> None:
    found = judged([post("SM1")], [reply(1), reply(1, 1)], [0.5, 0.7])
    assert found.answered_p95 == 0.7


def test_what_was_refused_or_never_answered_is_counted() -> None:
    found = judged([post("SM1", status=0), post("SM2", status=503), post("SM3")], [], [])
    assert (found.refused, found.unanswered) == (2, 1)


def test_a_later_reply_that_comes_first_is_out_of_order() -> None:
    found = judged([post("SM1"), post("SM2")], [reply(1), reply(2)], [3.0, 1.5])
    assert found.out_of_order == 1
