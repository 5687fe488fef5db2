"""Every transcript in this folder, on both databases; `--update-conversations` rewrites the answers."""

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


def test_there_are_transcripts() -> None:
    assert len(TRANSCRIPTS) >= 8
