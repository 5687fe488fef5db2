"""Staff see our own copy of what a customer sent: as a picture or to be saved, and nothing in it acts."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from console.words import LANGUAGES, load_texts
from context_store.database import Database
from context_store.media import place_of
from context_store.records import Media, MediaFile, MediaStatus, Role
from tests.console.conftest import HOST, Browser, Desk, make_desk

URL = "https://api.twilio.com/2010-04-01/Accounts/AC1/Messages/MM1/Media/ME1"
PNG = b"\x89PNG\r\n\x1a\n"
SENT = (Media(url=URL, content_type="image/jpeg"),)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "media"


@pytest.fixture
def office(sqlite_url: str, folder: Path) -> Iterator[Desk]:
    database = Database.connect(sqlite_url)
    yield make_desk(database, folder)
    database.dispose()


@pytest.fixture
def mine(office: Desk) -> Browser:
    return office.browser(office.staff("ana@casaluna.example"))


def arrives(office: Desk, sent: tuple[Media, ...] = SENT) -> tuple[str, MediaFile]:
    """A picture, still to be fetched. Returns the page of its thread too."""
    customer_id, address = office.customer()
    message = office.says(address, "", media=sent)
    with office.database.write() as uow:
        uow.media_files.add(message.id, message.media, office.now)
        uow.commit()
        (file,) = uow.media_files.of_messages([message.id])[message.id]
    return f"/customers/{customer_id}?lang=en", file


def settles(office: Desk, outcome: str, *more: object) -> None:
    with office.database.write() as uow:
        file = uow.media_files.take("me", 60)
        assert file is not None
        assert getattr(uow.media_files, outcome)(file, "me", *more)
        uow.commit()


def keeps(office: Desk, folder: Path, file: MediaFile, content: bytes, kind: str) -> None:
    settles(office, "mark_kept", kind, len(content))
    place_of(folder, file.id).parent.mkdir(parents=True)
    place_of(folder, file.id).write_bytes(content)


def test_a_kept_picture_is_shown_from_our_copy_and_can_be_saved(
    office: Desk, mine: Browser, folder: Path
) -> None:
    page, file = arrives(office)
    keeps(office, folder, file, PNG, "image/png")
    shown = mine.page(page)
    assert f'<img src="/desk/media/{file.id}" alt="Picture" loading="lazy">' in shown
    assert "twilio.com" not in shown
    with mine.get(f"/desk/media/{file.id}") as answer:
        assert (answer.status_code, answer.data, answer.mimetype) == (200, PNG, "image/png")
        headers = answer.headers
    assert headers["Content-Disposition"] == f"attachment; filename={file.id}.png"
    assert headers["Content-Security-Policy"] == "sandbox; default-src 'none'"
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Cache-Control"] == "private, no-store"
    assert headers["Cross-Origin-Resource-Policy"] == "same-origin"


@pytest.mark.parametrize("kind", ["text/html", "image/svg+xml", "text/javascript", "application/x-evil"])
def test_a_kind_that_is_never_kept_would_be_served_as_mere_bytes(
    office: Desk, mine: Browser, folder: Path, kind: str
) -> None:
    page, file = arrives(office)
    keeps(office, folder, file, b"<script>alert(1)</script>", kind)
    assert '<img src="/desk' not in mine.page(page)
    with mine.get(f"/desk/media/{file.id}") as answer:
        assert answer.mimetype == "application/octet-stream"
        assert answer.headers["Content-Disposition"] == f"attachment; filename={file.id}.bin"


def test_a_voice_note_is_a_link_to_our_copy(office: Desk, mine: Browser, folder: Path) -> None:
    page, file = arrives(office)
    keeps(office, folder, file, b"OggS", "audio/ogg")
    shown = mine.page(page)
    assert f'<a href="/desk/media/{file.id}">' in shown
    assert "Voice note" in shown
    assert '<img src="/desk' not in shown


@pytest.mark.parametrize(
    ("outcome", "more", "words"),
    [
        ("put_off", ("HTTP 500", 60.0), 'Picture <span class="soft">(being fetched)</span>'),
        ("mark_refused", ("too_large",), "(not kept: it is too large)"),
        ("mark_refused", ("<b>x</b>",), "(not kept: &lt;b&gt;x&lt;/b&gt;)"),
        ("mark_failed", ("HTTP 404",), "(could not be fetched: HTTP 404)"),
    ],
)
def test_what_is_not_there_is_said_in_words(
    office: Desk, mine: Browser, outcome: str, more: tuple[object, ...], words: str
) -> None:
    page, file = arrives(office)
    settles(office, outcome, *more)
    shown = mine.page(page)
    assert words in shown
    assert "twilio.com" not in shown
    assert mine.get(f"/desk/media/{file.id}").status_code == 404


def test_what_was_dropped_is_gone_and_says_so(office: Desk, mine: Browser, folder: Path) -> None:
    page, file = arrives(office)
    keeps(office, folder, file, PNG, "image/png")
    with office.database.write() as uow:
        assert uow.media_files.mark_expired([file.id]) == 1
        uow.commit()
    assert "(deleted, its time was over)" in mine.page(page)
    answer = mine.get(f"/desk/media/{file.id}?lang=en")
    assert answer.status_code == 410
    assert "no longer kept" in answer.get_data(as_text=True)


def test_a_message_from_before_there_were_copies_says_that_there_is_none(office: Desk, mine: Browser) -> None:
    customer_id, address = office.customer()
    office.says(address, "", media=SENT)
    assert "(no copy was kept)" in mine.page(f"/customers/{customer_id}?lang=en")


def test_a_copy_that_has_vanished_from_the_folder_is_gone(office: Desk, mine: Browser) -> None:
    _, file = arrives(office)
    settles(office, "mark_kept", "image/png", 8)
    assert mine.get(f"/desk/media/{file.id}").status_code == 410


def test_nobody_else_gets_a_file(office: Desk, folder: Path) -> None:
    _, file = arrives(office)
    keeps(office, folder, file, PNG, "image/png")
    path = f"/desk/media/{file.id}"
    assert office.visitor().get(path, base_url=f"https://{HOST}").location.startswith("/sign-in")
    marketer = office.browser(office.staff("eva@casaluna.example", Role.MARKETER))
    assert marketer.get(path).status_code == 403


@pytest.mark.parametrize(
    "path",
    ["/desk/media/01920000-0000-7000-8000-000000000000", "/desk/media/..%2f..%2fhilo.db", "/desk/media/"],
)
def test_other_addresses_lead_to_nothing(mine: Browser, path: str) -> None:
    assert mine.get(path).status_code == 404


def test_every_state_has_words_in_every_language() -> None:
    for language in LANGUAGES:
        told = set(load_texts(language)["media"])
        assert told >= {status.value for status in MediaStatus if status is not MediaStatus.KEPT}
