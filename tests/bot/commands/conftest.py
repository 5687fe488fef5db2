"""An operator's shell: `hilo …` on the database of a world."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

import app
from bot.settings import Settings
from tests.doubles import ACCOUNT, PUBLIC_URL, TOKEN
from tests.world import World

Run = Callable[..., Result]


@pytest.fixture
def shell(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> pytest.MonkeyPatch:
    """Nothing of Hilo's is set but a folder of its own."""
    for name in Settings.model_fields:
        monkeypatch.delenv(name.upper(), raising=False)
        monkeypatch.delenv(f"{name.upper()}_FILE", raising=False)
    monkeypatch.setenv("VAR_FOLDER", str(tmp_path / "var"))
    return monkeypatch


@pytest.fixture
def hilo(shell: pytest.MonkeyPatch, world: World) -> Run:
    """Runs a command on the world's database; `answer` is what is typed."""
    environment = {
        "DATABASE_URL": world.house.parts.settings.database_url,
        "SECRET_KEY": "s" * 32,
        "TWILIO_ACCOUNT_SID": ACCOUNT,
        "TWILIO_AUTH_TOKEN": TOKEN,
        "PUBLIC_URL": PUBLIC_URL,
        "SMS_FROM": "+34910000001",
    }

    def run(*arguments: str, answer: str | None = None, **changes: str) -> Result:
        return CliRunner().invoke(app.hilo, arguments, input=answer, env={**environment, **changes})

    return run


def document(result: Result) -> Any:
    assert result.exit_code == 0, result.output
    return json.loads(result.output)
