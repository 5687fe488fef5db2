"""What `python -m rasa_sdk --actions flows.actions` serves: the same classes that run in-process."""

from flows.registry import ACTIONS

globals().update({action.__name__: action for action in ACTIONS})
