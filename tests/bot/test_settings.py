"""Settings: every fault in one error with what to do about it, secrets from files, nothing half right."""

import stat
from pathlib import Path

import pytest
from click.testing import CliRunner

import app
from bot.commands.serve import SIMULATED_SMS, embedded_settings, web_settings
from bot.settings import Settings, SettingsFault
from tests.doubles import ACCOUNT, TOKEN, make_settings

COMPLETE = {
    "SECRET_KEY": "s" * 32,
    "TWILIO_ACCOUNT_SID": ACCOUNT,
    "TWILIO_AUTH_TOKEN": TOKEN,
    "SMS_FROM": "+34910000001",
    "PUBLIC_URL": "https://bot.example",
}
SEVERAL = {"REDIS_URL": "redis://localhost/0", "DATABASE_URL": "postgresql+psycopg://localhost/hilo"}


def faults_of(environment: dict[str, str]) -> list[str]:
    with pytest.raises(SettingsFault) as caught:
        Settings.from_env(environment)
    return str(caught.value).splitlines()


def read(**changes: str) -> Settings:
    return Settings.from_env({**COMPLETE, **changes})


def test_every_missing_setting_is_named_at_once_with_a_hint() -> None:
    faults = faults_of({})
    assert [fault.split(":")[0] for fault in faults] == [
        "SECRET_KEY",
        "TWILIO_ACCOUNT_SID",
        "TWILIO_AUTH_TOKEN",
        "PUBLIC_URL",
    ]
    assert all("is missing" in fault and ". Hint: " in fault for fault in faults)


WRONG = {
    "PORT": "eight thousand",
    "DATABASE_URL": "mysql://localhost/hilo",
    "REDIS_URL": "localhost:6379",
    "PUBLIC_URL": "bot.example",
    "SECRET_KEY": "short and secret",
    "TWILIO_ACCOUNT_SID": "AC123",
    "TWILIO_AUTH_TOKEN": " , ",
    "SMS_FROM": "910 000 001",
    "WHATSAPP_FROM": "whatsapp:+34910000001",
    "SIMULATOR": "perhaps",
    "DEFAULT_TIMEZONE": "Madrid",
    "DEFAULT_LANGUAGE": "fr",
    "DEFAULT_COUNTRY": "es",
    "CURRENCY": "euro",
    "LEASE_SECONDS": "-30",
    "GATHER_SECONDS": "-1",
    "WEB_THREADS": "1",
    "LOG_FORMAT": "xml",
    "SENTRY_DSN": "yes",
}


def test_every_wrong_setting_is_named_at_once_with_a_hint() -> None:
    faults = faults_of(WRONG)
    assert sorted(fault.split(":")[0] for fault in faults) == sorted(WRONG)
    assert all(". Hint: " in fault for fault in faults)


@pytest.mark.parametrize(("name", "value"), WRONG.items(), ids=WRONG)
def test_one_wrong_setting_is_the_only_fault_and_does_not_show_the_value(name: str, value: str) -> None:
    (fault,) = faults_of({**COMPLETE, name: value})
    assert fault.startswith(f"{name}: ")
    assert value not in fault.split(". Hint: ")[0]


def test_every_setting_has_a_hint() -> None:
    assert [name for name, field in Settings.model_fields.items() if not field.description] == []


def test_somebody_must_be_able_to_answer() -> None:
    (fault,) = faults_of({**COMPLETE, "SMS_FROM": ""})
    assert fault.startswith("SMS_FROM, WHATSAPP_FROM: set at least one")


def test_an_empty_setting_counts_as_not_set() -> None:
    settings = read(REDIS_URL="  ", PORT="", SHOP_NAME="")
    assert (settings.redis_url, settings.port, settings.shop_name) == (None, 8000, "Casa Luna")


def test_what_depends_on_others_follows_them() -> None:
    settings = read(PORT="8123", VAR_FOLDER="/data", PUBLIC_URL="", TWILIO_API_URL="http://127.0.0.1:9000")
    assert settings.database_url == "sqlite:////data/hilo.db"
    assert settings.public_url == "http://127.0.0.1:8123"


def test_settings_that_are_not_ours_are_left_alone() -> None:
    assert read(PATH="/bin", HOME="/root", TWILIO_EDGE="sydney").port == 8000


@pytest.mark.parametrize(
    ("text", "value"),
    [("1", True), ("yes", True), ("On", True), ("TRUE", True), (" no ", False), ("0", False), ("off", False)],
)
def test_yes_and_no_have_a_few_spellings_and_no_others(text: str, value: bool) -> None:
    assert read(SIMULATOR=text).simulator is value
    (fault,) = faults_of({**COMPLETE, "SIMULATOR": f"{text}!"})
    assert "must be yes or no" in fault


@pytest.mark.parametrize(
    ("text", "tokens"),
    [("one", ("one",)), ("new,old", ("new", "old")), (" new , old ,", ("new", "old"))],
)
def test_two_tokens_may_be_given_while_they_are_changed(text: str, tokens: tuple[str, ...]) -> None:
    assert read(TWILIO_AUTH_TOKEN=text).twilio_auth_token == tokens


@pytest.mark.parametrize("url", ["https://bot.example", "https://bot.example/", "https://bot.example//"])
def test_a_slash_at_the_end_of_the_public_url_does_not_matter(url: str) -> None:
    assert read(PUBLIC_URL=url).public_url == "https://bot.example"


def test_a_secret_may_come_from_a_file_which_wins(tmp_path: Path) -> None:
    secret = tmp_path / "token"
    secret.write_text("from a file\n", encoding="utf-8")
    settings = read(TWILIO_AUTH_TOKEN_FILE=str(secret), TWILIO_AUTH_TOKEN="from the environment")
    assert settings.twilio_auth_token == ("from a file",)


def test_a_file_that_cannot_be_read_is_one_of_the_faults(tmp_path: Path) -> None:
    binary = tmp_path / "binary"
    binary.write_bytes(b"\xff\xfe\x00")
    faults = faults_of(
        {
            **COMPLETE,
            "SECRET_KEY_FILE": str(tmp_path / "nowhere"),
            "TWILIO_AUTH_TOKEN_FILE": str(tmp_path),
            "SHOP_NAME_FILE": str(binary),
            "PORT": "0",
        }
    )
    assert "SECRET_KEY_FILE: cannot be read (No such file or directory)" in faults
    assert "TWILIO_AUTH_TOKEN_FILE: cannot be read (Is a directory)" in faults
    assert "SHOP_NAME_FILE: cannot be read (it is not a text in UTF-8)" in faults
    assert any(fault.startswith("PORT: ") for fault in faults)


def test_settings_cannot_be_changed_afterwards() -> None:
    with pytest.raises(ValueError):
        make_settings().port = 9000


@pytest.fixture
def environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> pytest.MonkeyPatch:
    """Nothing set but where data are kept."""
    for name in Settings.model_fields:
        monkeypatch.delenv(name.upper(), raising=False)
        monkeypatch.delenv(f"{name.upper()}_FILE", raising=False)
    monkeypatch.setenv("VAR_FOLDER", str(tmp_path / "var"))
    return monkeypatch


def test_several_processes_need_a_queue_and_a_database_in_common(environment: pytest.MonkeyPatch) -> None:
    for name, value in COMPLETE.items():
        environment.setenv(name, value)
    with pytest.raises(SettingsFault) as caught:
        web_settings()
    assert [fault.split(".")[0] for fault in str(caught.value).splitlines()] == [
        "REDIS_URL: is missing, and several processes need one queue in common",
        "DATABASE_URL: SQLite takes one serving process, and this is one of several",
    ]
    for name, value in SEVERAL.items():
        environment.setenv(name, value)
    assert web_settings().redis_url == "redis://localhost/0"


def test_a_sqlite_file_that_is_named_is_refused_as_well(environment: pytest.MonkeyPatch) -> None:
    for name, value in {**COMPLETE, **SEVERAL, "DATABASE_URL": "sqlite:////data/hilo.db"}.items():
        environment.setenv(name, value)
    with pytest.raises(SettingsFault, match=r"\ADATABASE_URL: SQLite takes one serving process.*hilo run"):
        web_settings()


def test_twilio_itself_must_be_told_an_address_to_call() -> None:
    (fault,) = faults_of({**COMPLETE, "PUBLIC_URL": ""})
    assert fault.startswith("PUBLIC_URL: is missing, and Twilio cannot call this machine by itself. Hint: ")
    (fault,) = faults_of({**COMPLETE, "PUBLIC_URL": "", "TWILIO_API_URL": "https://api.twilio.com/"})
    assert fault.startswith("PUBLIC_URL: is missing")


CONTRADICTIONS = [
    ({"LEASE_SECONDS": "5"}, "LEASE_SECONDS: is shorter than TWILIO_TIMEOUT"),
    ({"TWILIO_TIMEOUT": "40"}, "LEASE_SECONDS: is shorter than TWILIO_TIMEOUT"),
    ({"UNKNOWN_HORIZON_SECONDS": "20"}, "UNKNOWN_HORIZON_SECONDS: is shorter than LANE_WAIT_SECONDS"),
    ({"LANE_WAIT_SECONDS": "301"}, "UNKNOWN_HORIZON_SECONDS: is shorter than LANE_WAIT_SECONDS"),
    ({"KEEP_MESSAGES_DAYS": "7"}, "KEEP_MESSAGES_DAYS: is too short for the weekly cap"),
]


@pytest.mark.parametrize(("changes", "fault"), CONTRADICTIONS)
def test_settings_that_contradict_each_other_are_told(changes: dict[str, str], fault: str) -> None:
    (found,) = faults_of({**COMPLETE, **changes})
    assert found.startswith(fault)
    assert ". Hint: " in found


def test_what_just_agrees_is_taken() -> None:
    read(LEASE_SECONDS="10", UNKNOWN_HORIZON_SECONDS="30", KEEP_MESSAGES_DAYS="8")


@pytest.mark.parametrize("command", ["worker", "clock"])
def test_a_command_without_its_settings_says_which_and_does_not_start(
    environment: pytest.MonkeyPatch, command: str
) -> None:
    result = CliRunner().invoke(app.hilo, [command])
    assert result.exit_code == 1
    assert result.output.startswith("Error: the settings are not complete:\nSECRET_KEY: is missing. Hint: ")
    assert "Traceback" not in result.output


def test_the_embedded_start_makes_what_is_missing_and_keeps_it(
    environment: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    first, second = embedded_settings(), embedded_settings()
    assert first == second
    assert first.simulator
    assert first.sms_from == SIMULATED_SMS
    assert first.twilio_api_url == "http://127.0.0.1:8000/simulator"
    kept = tmp_path / "var" / "secrets.json"
    assert stat.S_IMODE(kept.stat().st_mode) == 0o600


def test_the_embedded_start_uses_a_twilio_account_where_there_is_one(environment: pytest.MonkeyPatch) -> None:
    for name, value in COMPLETE.items():
        environment.setenv(name, value)
    settings = embedded_settings()
    assert not settings.simulator
    assert settings.twilio_account_sid == ACCOUNT
    assert settings.twilio_api_url == "https://api.twilio.com"


def test_two_first_starts_have_different_secrets(environment: pytest.MonkeyPatch, tmp_path: Path) -> None:
    made = []
    for folder in ("one", "two"):
        environment.setenv("VAR_FOLDER", str(tmp_path / folder))
        made.append(embedded_settings())
    assert made[0].secret_key != made[1].secret_key
    assert made[0].twilio_auth_token != made[1].twilio_auth_token
