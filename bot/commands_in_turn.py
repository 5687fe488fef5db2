"""What staff tell the bot about a thread, obeyed in its turn: go on, start a survey."""

import logging

from bot.context import Context
from bot.parts import Parts
from flows.effects import InviteSurvey, Outcome
from flows.situation import Situation
from flows.survey import DEFAULT

log = logging.getLogger("hilo.turn")

# A run's message has gone out, or was dropped.
STEP_DONE = "journey_step_done"


def obey(parts: Parts, context: Context, situation: Situation) -> Outcome:
    """Raises `ValueError` on a command that nobody knows."""
    payload = context.inputs[0].payload
    command = payload.get("command")
    if command == "return_to_bot":
        return parts.runner.come_back(
            situation,
            handoff_id=str(payload["handoff_id"]),
            is_resolved=bool(payload["is_resolved"]),
            summary=payload.get("summary"),
        )
    if command == "start_survey":
        effect = InviteSurvey(survey=str(payload.get("survey", DEFAULT)))
        return Outcome(state=situation.state, effects=(effect,))
    raise ValueError(f"no command {command!r}")
