"""The file itself: encodings, separators, Excel's habits, refused lines, going on where it stopped."""

from pathlib import Path

import pytest
from sqlalchemy import event

from bot.erasure import erase
from bot.importing import run as running
from bot.importing.csv_files import FileFault
from bot.importing.run import AlreadyImported
from context_store.records import Identifier, IdentifierKind
from tests.bot.importing.helpers import counts, read_file, read_text, refused
from tests.world import World

LINES = "user_id{0}phone{0}name\nu1{0}600111222{0}Ana Ríos\nu2{0}600111223{0}Iñaki\n"
WRITTEN = {
    "utf-8": (LINES.format(","), "utf-8", None),
    "with a mark": (LINES.format(","), "utf-8-sig", None),
    "Excel's Unicode text": (LINES.format("\t"), "utf-16", None),
    "semicolons": (LINES.format(";"), "utf-8", None),
    "announced separator": (f"sep=;\n{LINES.format(';')}", "utf-8", None),
    "latin-1": (LINES.format(";"), "latin-1", "latin-1"),
    "Windows": (LINES.format(",").replace("\n", "\r\n"), "cp1252", "cp1252"),
    "no last line end": (LINES.format(",").rstrip(), "utf-8", None),
    "empty lines and columns": (
        LINES.format(",").replace("\n", ",,\n").replace("u2", ",,,\n\nu2"),
        "utf-8",
        None,
    ),
}


@pytest.mark.parametrize(("text", "encoding", "said"), WRITTEN.values(), ids=WRITTEN)
def test_it_is_read_however_it_is_written(
    sqlite_world: World, tmp_path: Path, text: str, encoding: str, said: str | None
) -> None:
    file = tmp_path / "customers.csv"
    file.write_bytes(text.encode(encoding))
    assert counts(read_file(sqlite_world, "customers", file, encoding=said)) == (2, 0, 0)
    assert sqlite_world.customer("+34600111222").name == "Ana Ríos"
    assert sqlite_world.customer("+34600111223").name == "Iñaki"


FAULTS = {
    "no encoding said": (LINES.format(",").encode("latin-1"), "--encoding latin-1"),
    "empty": (b"", "empty"),
    "nobody named": (b"name,city\nAna,Quito\n", "user_id or phone or email"),
    "a column twice": (b"phone,telefono\n1,2\n", "two columns mean the same: phone"),
    "a quote left open": (b'user_id,name\nu1,"Ana\n' + b"u2,Luis\n" * 20_000, "quote"),
}


@pytest.mark.parametrize(("raw", "says"), FAULTS.values(), ids=FAULTS)
def test_a_file_that_cannot_be_read_is_told(
    sqlite_world: World, tmp_path: Path, raw: bytes, says: str
) -> None:
    file = tmp_path / "customers.csv"
    file.write_bytes(raw)
    with pytest.raises(FileFault, match=says):
        read_file(sqlite_world, "customers", file)


def test_an_encoding_that_there_is_not(sqlite_world: World, tmp_path: Path) -> None:
    with pytest.raises(FileFault, match="no encoding klingon"):
        read_text(sqlite_world, tmp_path, "customers", LINES.format(","), encoding="klingon")


BAD = (
    "user_id,phone,name,note\nu1,600111222,Ana,\n"
    'u2,12,"=HYPERLINK(""x"")",@a\nu3,,Eva,\n,,Nobody,+1\nu5,,A,x,more\n'
)


def test_each_refused_line_is_told_with_its_number_and_reason(world: World, tmp_path: Path) -> None:
    report = read_text(world, tmp_path, "customers", BAD)
    assert counts(report) == (2, 0, 3)
    assert [(line["line"], line["reason"][:30]) for line in refused(report)] == [
        ("3", "12 is no phone number of ES: w"),
        ("5", "nobody is named: fill in one o"),
        ("6", "more cells than columns: put q"),
    ]
    first = refused(report)[0]
    assert (first["user_id"], first["name"], first["note"]) == ("u2", '\'=HYPERLINK("x")', "'@a")


def test_the_file_of_refused_lines_can_be_mended_and_imported(world: World, tmp_path: Path) -> None:
    report = read_text(world, tmp_path, "customers", BAD)
    assert report.errors is not None
    mended = tmp_path / "mended.csv"
    text = report.errors.read_text("utf-8-sig").replace("u2,12,", "u2,600111224,")
    mended.write_text(text, "utf-8")
    assert read_file(world, "customers", mended).progress.kept == 1
    assert world.customer("+34600111224").name == '=HYPERLINK("x")'


def test_no_file_of_errors_without_errors(sqlite_world: World, tmp_path: Path) -> None:
    assert read_text(sqlite_world, tmp_path, "customers", LINES.format(",")).errors is None
    assert list(tmp_path.glob("*.errors.csv")) == []


def test_twice_is_once_and_the_very_file_is_known_again(world: World, tmp_path: Path) -> None:
    report = read_text(world, tmp_path, "customers", LINES.format(","))
    assert counts(report) == (2, 0, 0)
    with pytest.raises(AlreadyImported):
        read_text(world, tmp_path, "customers", LINES.format(","))
    before = rows(world)
    assert counts(read_text(world, tmp_path, "customers", LINES.format(","), is_again=True)) == (0, 2, 0)
    # The same people in another file.
    assert counts(read_text(world, tmp_path, "customers", LINES.format(";"))) == (0, 2, 0)
    assert rows(world) == before


def rows(world: World) -> dict[str, int]:
    tables = ("customers", "conversations", "identity_links", "addresses", "orders", "consents", "products")
    with world.database._engine.connect() as connection:
        return {
            name: connection.exec_driver_sql(f"SELECT count(*) FROM {name}").scalar_one() for name in tables
        }


def test_a_dry_run_changes_nothing_and_tells_everything(world: World, tmp_path: Path) -> None:
    before = rows(world)
    report = read_text(world, tmp_path, "customers", BAD, is_dry=True)
    assert counts(report) == (2, 0, 3)
    assert len(refused(report)) == 3
    assert rows(world) == before
    assert counts(read_text(world, tmp_path, "customers", BAD)) == (2, 0, 3)


def people(number: int, bad_every: int = 0) -> str:
    lines = [
        f"u{index},{'12' if bad_every and index % bad_every == 0 else f'+346{index:08d}'},N{index}"
        for index in range(1, number + 1)
    ]
    return "user_id,phone,name\n" + "\n".join(lines) + "\n"


def test_it_goes_on_where_it_stopped_and_doubles_no_line(
    world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(running, "LINES_AT_ONCE", 10)
    text = people(55, bad_every=4)
    stops = iter([None, None, RuntimeError("the power is gone")])
    real = world.database.write

    def brittle() -> object:
        stop = next(stops, None)
        if stop is not None:
            raise stop
        return real()

    with monkeypatch.context() as patched:
        patched.setattr(world.database, "write", brittle)
        with pytest.raises(RuntimeError):
            read_text(world, tmp_path, "customers", text)
    errors = tmp_path / "customers.csv.errors.csv"
    # What was written but not committed must not stand there twice.
    errors.write_bytes(errors.read_bytes() + b"24,half a li")
    report = read_text(world, tmp_path, "customers", text)
    assert report.resumed_at == 21
    assert counts(report) == (42, 0, 13)
    assert [int(line["line"]) for line in refused(report)] == [index + 1 for index in range(4, 56, 4)]
    assert rows(world)["customers"] == 42


def test_a_thousand_lines_take_few_statements(world: World, tmp_path: Path) -> None:
    sent: list[str] = []
    listener = lambda connection, cursor, statement, *others: sent.append(statement[:60])  # noqa: E731
    text = people(1000)
    event.listen(world.database._engine, "before_cursor_execute", listener)
    try:
        read_text(world, tmp_path, "customers", text)
    finally:
        event.remove(world.database._engine, "before_cursor_execute", listener)
    assert len(sent) < 40, sent
    assert rows(world)["addresses"] == 2000


def test_two_lines_of_one_person_are_one_person(world: World, tmp_path: Path) -> None:
    lines = ("u1,600111222,,", ",600111222,ana@example.com,Ana", "u1,,ANA@example.com,Other")
    text = "\n".join(("user_id,phone,email,name", *lines))
    assert counts(read_text(world, tmp_path, "customers", text)) == (2, 1, 0)
    assert rows(world)["customers"] == 1
    assert world.customer("+34600111222").name == "Ana"


def test_who_wrote_before_is_found_by_any_form_of_their_number(world: World, tmp_path: Path) -> None:
    world.says("whatsapp:+5215512345678", "hola")
    read_text(world, tmp_path, "customers", "phone,name\n55 1234 5678,Ana\n", country="MX")
    assert rows(world)["customers"] == 1
    assert world.customer("+525512345678").name == "Ana"


def test_an_erased_person_is_not_imported_again(world: World, tmp_path: Path) -> None:
    text = LINES.format(",")
    read_text(world, tmp_path, "customers", text)
    erase(world.database, world.house.parts.settings, world.customer_id("+34600111222"), world.clock.now())
    report = read_text(world, tmp_path, "customers", text, is_again=True)
    assert counts(report) == (0, 1, 1)
    assert "erased" in refused(report)[0]["reason"]
    with world.database.read() as uow:
        assert uow.customers.find_by(Identifier(kind=IdentifierKind.USER_ID, value="u1")) is None
