"""What is kept and what is not, by its own bytes."""

import io
import zipfile

import pytest

from bot.channels.media_types import BEGINNINGS, BRANDS, OFFICE_PARTS, sniffed_type
from bot.simulator.recordings import STICKER, VOICE_NOTE
from console.media import EXTENSIONS


def archive(*names: str) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as file:
        for name in names:
            file.writestr(name, "<x/>")
    return packed.getvalue()


WORD = archive("[Content_Types].xml", "word/document.xml")
OLD = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\x00" * 600

KEPT = [
    (b"\xff\xd8\xff\xe0\x00\x10JFIF", "image/jpeg"),
    (b"GIF89a\x01\x00", "image/gif"),
    (STICKER, "image/webp"),
    (VOICE_NOTE, "audio/ogg"),
    (b"#!AMR\n\x3c", "audio/amr"),
    (b"\xff\xf1\x50\x80", "audio/aac"),
    (b"\xff\xfb\x90\x64", "audio/mpeg"),
    (b"ID3\x03\x00", "audio/mpeg"),
    (b"\x00\x00\x00\x18ftypmp42", "video/mp4"),
    (b"\x00\x00\x00\x18ftyp3gp4", "video/3gpp"),
    (b"\x00\x00\x00\x18ftypM4A ", "audio/mp4"),
    (b"%PDF-1.7\n", "application/pdf"),
    (OLD + "WordDocument".encode("utf-16-le"), "application/msword"),
    (WORD, "application/vnd.openxmlformats-officedocument.wordprocessingml.document"),
    (b"BEGIN:VCARD\r\nVERSION:3.0\r\nFN:Ana\r\n", "text/vcard"),
    ("¡Hola! Mido 3 < 4 \U0001f44d\n".encode(), "text/plain"),
    (b"\xef\xbb\xbfcon marca", "text/plain"),
]

REFUSED = {
    "nothing": b"",
    "blanks": b" \n\t",
    "a page": b"  <!DOCTYPE html><script>alert(1)</script>",
    "a page behind words": b"hola <script src=//evil.example></script>",
    "a page with a mark before it": b"\xef\xbb\xbf<html>",
    "a drawing": b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>",
    "a drawing with a head": b"<?xml version='1.0'?><svg/>",
    "a script": b"#!/bin/sh\nrm -rf ~\n",
    "PHP": b"<?php system($_GET['x']);",
    "a program": b"MZ\x90\x00\x03\x00",
    "another program": b"\x7fELF\x02\x01\x01",
    "an installer": OLD,
    "an archive": archive("readme.txt"),
    "a Java program": archive("META-INF/MANIFEST.MF", "Evil.class"),
    "a document with macros": archive("[Content_Types].xml", "word/document.xml", "word/vbaProject.bin"),
    "a page in UTF-16": "<script>alert(1)</script>".encode("utf-16"),
    "Latin-1": "año".encode("latin-1"),
    "a picture's brand that browsers run": b"\x00\x00\x00\x18ftypqt  ",
    "half of a film": b"\x00\x00\x00\x18ft",
}


@pytest.mark.parametrize(("content", "kind"), KEPT)
def test_what_phones_send_is_known(content: bytes, kind: str) -> None:
    assert sniffed_type(content) == kind


@pytest.mark.parametrize("what", REFUSED)
def test_the_rest_is_not_kept(what: str) -> None:
    assert sniffed_type(REFUSED[what]) is None


def test_every_kind_has_a_name_to_be_saved_under() -> None:
    kinds = {kind for _, kind in (*KEPT, *BEGINNINGS, *BRANDS, *OFFICE_PARTS)} | {"audio/aac", "text/plain"}
    assert kinds == set(EXTENSIONS)
