"""The secrets that a first start makes: all of them or none, and a damaged file is explained."""

import json
import stat
from pathlib import Path

import pytest
from click.testing import CliRunner

import app
from bot.commands.secrets import FILE, hold, load_or_make
from bot.settings import SettingsFault
from tests.bot.helpers import at_once


def test_they_are_made_once_for_their_owner_alone(tmp_path: Path) -> None:
    made = load_or_make(tmp_path / "var")
    assert load_or_make(tmp_path / "var") == made
    file = tmp_path / "var" / FILE
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert [path.name for path in file.parent.iterdir()] == [FILE]


def test_first_starts_at_once_agree(tmp_path: Path) -> None:
    made = at_once([lambda: load_or_make(tmp_path / "var")] * 8)
    assert all(one == made[0] for one in made)


def test_a_start_that_was_cut_off_leaves_nothing_in_the_way(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def cut_off(handle: int) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patches:
        patches.setattr("os.fsync", cut_off)
        with pytest.raises(KeyboardInterrupt):
            load_or_make(tmp_path)
    assert not (tmp_path / FILE).exists()
    assert load_or_make(tmp_path)["secret_key"]


@pytest.mark.parametrize("content", [b"", b'{"secret_key": "ab', b"[]", b'{"secret_key": 1}', b"\xff\xfe"])
def test_a_damaged_file_is_never_replaced_and_says_what_to_do(tmp_path: Path, content: bytes) -> None:
    (tmp_path / FILE).write_bytes(content)
    with pytest.raises(SettingsFault, match=r"is damaged.*put back a copy of it"):
        load_or_make(tmp_path)
    assert (tmp_path / FILE).read_bytes() == content


def test_a_folder_that_is_none_is_told(tmp_path: Path) -> None:
    (tmp_path / "var").write_text("in the way")
    with pytest.raises(SettingsFault, match=r"VAR_FOLDER: .* can be neither read nor made"):
        load_or_make(tmp_path / "var")


def test_a_start_on_damaged_secrets_is_a_sentence(shell: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "var").mkdir()
    (tmp_path / "var" / FILE).write_text("{")
    result = CliRunner().invoke(app.hilo, ["run"])
    assert result.exit_code == 1
    assert "is damaged" in result.output
    assert "Traceback" not in result.output


def test_one_holder_at_a_time(tmp_path: Path) -> None:
    first = hold(tmp_path / "running.lock")
    assert first is not None
    assert hold(tmp_path / "running.lock") is None
    first.close()
    second = hold(tmp_path / "running.lock")
    assert second is not None
    second.close()


def test_a_database_that_another_one_serves_is_refused(shell: pytest.MonkeyPatch, tmp_path: Path) -> None:
    database = tmp_path / "shared.db"
    held = hold(tmp_path / "shared.db.lock")
    assert held is not None
    shell.setenv("DATABASE_URL", f"sqlite:///{database}")
    shell.setenv("PORT", "1")
    result = CliRunner().invoke(app.hilo, ["run"])
    held.close()
    assert (result.exit_code, "another Hilo runs on" in result.output) == (1, True)
    kept = json.loads((tmp_path / "var" / FILE).read_text())
    assert kept["secret_key"] not in result.output
