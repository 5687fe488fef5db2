"""`hilo doctor`: one line for each thing that must be right, and what to do where it is not."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import asdict

import click

from bot.commands import checks_of_servers, checks_of_settings, checks_of_understanding
from bot.commands.findings import Finding, State, fine, wrong
from bot.commands.group import ReadSettings, as_json, tell_json
from bot.settings import Settings, SettingsFault

Check = Callable[[Settings], Finding | Iterable[Finding]]

CHECKS: dict[str, Check] = {
    "mix": checks_of_settings.check_mix,
    "public url": checks_of_settings.check_public_url,
    "database": checks_of_servers.check_database,
    "redis": checks_of_servers.check_redis,
    "carrier": checks_of_settings.check_carrier,
    "webhook": checks_of_settings.check_webhook,
    "understanding": checks_of_understanding.check_understanding,
    "disk": checks_of_settings.check_disk,
    "sentry": checks_of_settings.check_sentry,
}


def register(group: click.Group, read_settings: ReadSettings) -> None:
    @group.command()
    @as_json
    @click.pass_context
    def doctor(ctx: click.Context, is_json: bool) -> None:
        """Check that all is right, and say what to do where it is not.

        Settings, database, Redis, Twilio, clocks, understanding, disk, and what waits. It changes
        nothing and asks Twilio for no more than the account. Run it after each change of the settings,
        and first of all when something is odd. It ends with 0 when nothing is wrong; warnings are not
        wrong.

        \b
        Example:
          hilo doctor || echo "not today"
        """
        found = []
        for finding in examine(read_settings):
            found.append(finding)
            if not is_json:
                _tell(finding)
        if is_json:
            tell_json([asdict(finding) for finding in found])
        if any(finding.state is State.WRONG for finding in found):
            ctx.exit(1)


def examine(read_settings: ReadSettings) -> Iterator[Finding]:
    try:
        settings = read_settings()
    except SettingsFault as fault:
        for line in str(fault).splitlines():
            text, _, advice = line.partition(" Hint: ")
            yield wrong("settings", text, advice or "correct it; nothing else can be checked before")
        return
    yield fine("settings", "complete, and they do not contradict each other")
    for name, check in CHECKS.items():
        yield from _checked(name, check, settings)


def _checked(name: str, check: Check, settings: Settings) -> Iterator[Finding]:
    try:
        found = check(settings)
        yield from [found] if isinstance(found, Finding) else found
    except Exception as error:
        # One check that breaks must not hide what the others find.
        yield wrong(
            name, f"the check itself failed ({type(error).__name__})", "tell us: this is a fault of ours"
        )


def _tell(finding: Finding) -> None:
    click.echo(f"{finding.state.value:<8} {finding.name:<14} {finding.text}")
    if finding.advice:
        click.echo(f"{'':<24}-> {finding.advice}")
