"""`hilo twilio check` and `hilo twilio setup`: is Twilio set up as Hilo needs it, and if not, set it up."""

import time
from collections.abc import Sequence

import click

from bot.channels.twilio_config import ConfigFault, Finding, TwilioConfiguration, Verdict
from bot.commands.group import ReadSettings, checked, table, without_asking
from bot.settings import Settings
from flows.keywords import OUR_WORDS, Word

# A sender's change is done a while after it was accepted.
LOOK_AGAIN_AFTER = (0.0, 2.0, 4.0, 8.0)
LANGUAGES = {"en": "English", "es": "Spanish", "pt": "Portuguese"}
# Twilio has a list for each language; a word that two languages share stands in both.
SPANISH = frozenset(("alto", "baja", "parar", "pare", "salir", "detener", "alta", "ayuda"))
PORTUGUESE = frozenset(("parar", "pare", "sair", "remover", "descadastrar", "ajuda"))
KINDS = {Word.STOP: "Opt-out", Word.START: "Opt-in", Word.HELP: "Help"}


def register(group: click.Group, read_settings: ReadSettings) -> None:
    @group.group()
    def twilio() -> None:
        """Your account at Twilio: is it set up as Hilo needs it?"""

    @twilio.command()
    def check() -> None:
        """Compare your numbers, senders and webhooks with what they should be; changes nothing."""
        settings = checked(read_settings)
        findings = _read(TwilioConfiguration(settings))
        show(findings)
        show_opt_out(settings)
        _end(findings)

    @twilio.command()
    @without_asking
    def setup(is_sure: bool) -> None:
        """Set what `check` finds wrong, and look again."""
        configuration = TwilioConfiguration(checked(read_settings))
        findings = _read(configuration)
        plan = [finding for finding in findings if finding.can_be_set]
        if plan:
            _correct(configuration, findings, plan, is_sure=is_sure)
            findings = _read_until_right(configuration)
        show(findings)
        _end(findings)


def show(findings: Sequence[Finding]) -> None:
    table(
        ("", "what", "is", "should be"),
        [
            (
                finding.verdict.value,
                f"{finding.subject} {finding.field}",
                _shown(finding.found),
                _todo(finding),
            )
            for finding in findings
        ],
    )


def show_opt_out(settings: Settings) -> None:
    """What no program can look at, said so."""
    if settings.twilio_messaging_service_sid is None:
        click.echo("\nOpt-out: Twilio hears its English words on SMS; Hilo hears all others by itself.")
        return
    click.echo(
        "\nOpt-out: whether Advanced Opt-Out is on, and with which words, cannot be read or set through the"
        "\nAPI. If you use it, enter these words in the Twilio console (your Messaging Service, Opt-Out"
        "\nManagement). Hilo hears them in any case; entered there, Twilio blocks the number too."
    )
    for language, name in LANGUAGES.items():
        for kind, words in keywords_of(language).items():
            click.echo(f"  {name}, {KINDS[kind]}: {', '.join(words).upper()}")


def keywords_of(language: str) -> dict[Word, list[str]]:
    """The single words of that language, which are all that Twilio takes; Hilo hears phrases besides."""
    found: dict[Word, list[str]] = {kind: [] for kind in KINDS}
    for word, kind in OUR_WORDS.items():
        if " " not in word and _is_of(language, word):
            found[Word.STOP if kind is Word.STOP_ALL else kind].append(word)
    return {kind: words for kind, words in found.items() if words}


def _is_of(language: str, word: str) -> bool:
    if language == "es":
        return word in SPANISH
    return word in PORTUGUESE if language == "pt" else word not in SPANISH | PORTUGUESE


def _correct(
    configuration: TwilioConfiguration, findings: list[Finding], plan: list[Finding], *, is_sure: bool
) -> None:
    click.echo("This would be set:\n")
    show(plan)
    if not is_sure:
        click.confirm("\nSet it?", abort=True)
    try:
        configuration.correct(findings)
    except ConfigFault as fault:
        raise click.ClickException(str(fault)) from fault
    click.echo("Set. Looking again …\n")


def _read_until_right(configuration: TwilioConfiguration) -> list[Finding]:
    findings: list[Finding] = []
    for seconds in LOOK_AGAIN_AFTER:
        time.sleep(seconds)
        findings = _read(configuration)
        if not any(finding.can_be_set for finding in findings):
            break
    return findings


def _read(configuration: TwilioConfiguration) -> list[Finding]:
    try:
        return configuration.findings()
    except ConfigFault as fault:
        raise click.ClickException(str(fault)) from fault


def _end(findings: Sequence[Finding]) -> None:
    wrong = [finding for finding in findings if finding.verdict is Verdict.WRONG]
    if not wrong:
        return
    if any(finding.can_be_set for finding in wrong):
        click.echo("\n`hilo twilio setup` sets what has no advice beside it.")
    raise click.exceptions.Exit(1)


def _shown(value: str) -> str:
    return value or "(empty)"


def _todo(finding: Finding) -> str:
    if finding.verdict is Verdict.RIGHT:
        return ""
    wanted = _shown(finding.wanted) if finding.field else ""
    return "; ".join(part for part in (wanted, finding.advice) if part)
