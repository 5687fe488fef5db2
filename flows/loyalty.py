"""How many points they have, what the next reward takes, and when the points end."""

from datetime import datetime
from typing import Any

from rasa_sdk.executor import CollectingDispatcher
from rasa_sdk.interfaces import Tracker

from flows import questions
from flows.base import Events, FlowAction, fact, language_of
from flows.formats import day


class LoyaltyPoints(FlowAction):
    action_name = "action_loyalty_points"
    wants = ("customer", "shop", "asked_topics")

    def act(self, dispatcher: CollectingDispatcher, tracker: Tracker) -> Events:
        customer, language = fact(tracker, "customer"), language_of(tracker)
        points = customer.get("loyalty_points")
        if points is None:
            dispatcher.utter_message(response="utter_no_points")
            questions.tell(dispatcher, tracker, "loyalty_programme")
            return []
        tell(dispatcher, points, fact(tracker, "shop").get("rewards") or [], language)
        expires = customer.get("loyalty_expires_at")
        if points and expires:
            date = day(datetime.fromisoformat(expires), customer["timezone"], language)
            dispatcher.utter_message(response="utter_points_expire", day=date)
        return []


def tell(dispatcher: CollectingDispatcher, points: int, rewards: list[dict[str, Any]], language: str) -> None:
    """The best reward that they have reached, or what is missing for the first; then the next one."""
    ordered = sorted(rewards, key=lambda reward: int(reward["points"]))
    reached = [reward for reward in ordered if reward["points"] <= points]
    ahead = [reward for reward in ordered if reward["points"] > points]
    if reached:
        reward = reached[-1]["texts"][language]
        dispatcher.utter_message(response="utter_points_with_reward", points=points, reward=reward)
    else:
        dispatcher.utter_message(response="utter_points", points=points)
    if ahead:
        missing, reward = ahead[0]["points"] - points, ahead[0]["texts"][language]
        dispatcher.utter_message(response="utter_points_missing", missing=missing, reward=reward)
