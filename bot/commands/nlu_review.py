"""`hilo nlu review`: people tell what real messages meant, and the phrases learn it."""

from collections.abc import Sequence
from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from difflib import get_close_matches
from pathlib import Path

import click

from bot.commands.group import ReadSettings, moment, opened, table, tell_json
from bot.review import Doubtful, doubtful
from nlu.intents import TRAINED
from nlu.language import LANGUAGES
from nlu.phrase_files import add_phrase
from nlu.training import DATA, BadTrainingData

SKIP, END, LIST = "", "q", "?"
GUESSES = 3


def register(group: click.Group, read_settings: ReadSettings) -> None:
    @group.command()
    @click.option(
        "--limit", type=click.IntRange(1, 1000), default=50, show_default=True, help="Lines at most."
    )
    @click.option(
        "--days", type=click.IntRange(1, 400), default=30, show_default=True, help="No older than this."
    )
    @click.option("--list", "is_list", is_flag=True, help="Only print them.")
    @click.option("--json", "is_json", is_flag=True, help="Only print them, as one JSON document.")
    @click.option(
        "--data",
        type=click.Path(exists=True, file_okay=False, path_type=Path),
        default=DATA,
        show_default="the phrases that ship",
        help="Where the phrases are written to.",
    )
    def review(limit: int, days: int, is_list: bool, is_json: bool, data: Path) -> None:
        """Look through what was not understood, and say what it meant.

        Newest first, equal ones once, numbers and e-mail addresses masked. It shows customers' words:
        names and addresses stay in them. Answer with an intent, and the line is added to the phrases of
        its language after you have taken out what is personal.

        \b
        Examples:
          hilo nlu review --list --days 7
          hilo nlu review --data nlu/data
        """
        with opened(read_settings) as database:
            found = doubtful(database, datetime.now(UTC) - timedelta(days=days), limit)
        if is_json:
            tell_json([asdict(one) for one in found])
        elif not found:
            click.echo("Nothing was doubtful.")
        elif is_list:
            _show(found)
        else:
            _ask(found, data)


def _show(found: Sequence[Doubtful]) -> None:
    rows = [
        (moment(one.last_at), one.count, one.language or "?", f"{one.intent} {one.confidence:.2f}", one.text)
        for one in found
    ]
    table(("LAST (UTC)", "TIMES", "IN", "TAKEN FOR", "TEXT"), rows)


def _ask(found: Sequence[Doubtful], data: Path) -> None:
    count = 0
    for place, one in enumerate(found, 1):
        _show_one(one, f"{place}/{len(found)}")
        intent = _intent_of(one)
        if intent == END:
            break
        if intent != SKIP:
            count += _add(one, intent, data)
    click.echo(f"{count} phrases added." + (" Next: `hilo nlu train`, `hilo nlu test`." if count else ""))


def _show_one(one: Doubtful, place: str) -> None:
    times = "once" if one.count == 1 else f"{one.count} times"
    rival = f", or else {one.rival}" if one.rival else ""
    click.echo(f"\n{place}  {one.text}")
    click.echo(f"  {times}, last {moment(one.last_at)}; taken for {one.intent} {one.confidence:.2f}{rival}")
    for number, guess in enumerate(one.ranking[:GUESSES], 1):
        click.echo(f"  {number}: {guess.name} {guess.confidence:.2f}")


def _intent_of(one: Doubtful) -> str:
    """An intent of ours, SKIP or END."""
    guesses = {str(number): guess.name for number, guess in enumerate(one.ranking[:GUESSES], 1)}
    while True:
        said = click.prompt(
            "Intent or number (Enter: skip, ?: list, q: end)", default=SKIP, show_default=False
        ).strip()
        meant = guesses.get(said, said)
        if meant in (SKIP, END, *TRAINED):
            return str(meant)
        if meant == LIST:
            click.echo(click.wrap_text(", ".join(TRAINED), initial_indent="  ", subsequent_indent="  "))
        else:
            near = get_close_matches(meant, TRAINED, n=GUESSES)
            click.echo(f"No such intent.{' Perhaps ' + ', '.join(near) + '?' if near else ''}")


def _add(one: Doubtful, intent: str, data: Path) -> bool:
    phrase = click.prompt("Phrase, without what is personal", default=one.text).strip()
    language = one.language or click.prompt("Language", type=click.Choice(LANGUAGES))
    try:
        problem = add_phrase(data, language, intent, phrase)
    except BadTrainingData as fault:
        raise click.ClickException(str(fault)) from fault
    except OSError as error:
        raise click.ClickException(f"{data} cannot be written to ({error.strerror}); see --data") from error
    click.echo(f"Not added: {problem}." if problem else f"Added to {language}, {intent}.")
    return problem is None
