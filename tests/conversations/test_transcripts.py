"""Every transcript in this folder, on both databases; `--update-conversations` rewrites the answers."""

from pathlib import Path

import pytest

from tests.conversations.playing import FOLDER, Stage, read, write
from tests.world import World

TRANSCRIPTS = sorted(FOLDER.glob("*.yml"))


@pytest.mark.parametrize("name", [file.stem for file in TRANSCRIPTS])
def test_the_conversation_goes_as_written(world: World, name: str, request: pytest.FixtureRequest) -> None:
    file = FOLDER / f"{name}.yml"
    steps = read(file)
    stage = Stage(world)
    if request.config.getoption("--update-conversations"):
        write(file, [{**step, "answers": stage.play(step)} for step in steps])
        return
    for number, step in enumerate(steps, start=1):
        assert stage.play(step) == step.get("answers", []), f"step {number} of {name}"


def test_new_answers_are_written_and_all_else_is_left_alone(tmp_path: Path) -> None:
    file = tmp_path / "some.yml"
    kept = "# Why.\n- sms: 'hi'   # a remark\n  answers: [Hello]\n\n# Then.\n"
    file.write_text(f"{kept}- sms: bye\n  answers: [Bye]\n# The end.\n", encoding="utf-8")
    first, second = read(file)
    write(file, [first, {**second, "answers": ["See you\n\nsoon"]}])
    assert file.read_text("utf-8") == (
        f"{kept}- sms: bye\n  answers:\n  - |-\n    See you\n\n    soon\n# The end.\n"
    )


def test_there_are_transcripts() -> None:
    assert len(TRANSCRIPTS) >= 30
