"""Serves our copies of customers' files to staff: to be saved, or shown as a picture, never opened here."""

import logging
from uuid import UUID

from flask import Blueprint, Response, abort, send_file
from flask.typing import ResponseReturnValue

from console.auth import require_staff
from console.desk import HELPERS
from console.parts import ConsoleParts
from context_store.media import place_of
from context_store.records import MediaFile, MediaFileId, MediaStatus

log = logging.getLogger("hilo.console")

OFFICE = "application/vnd.openxmlformats-officedocument"
# The names we give them. What is not here is saved as something that no program opens by itself.
EXTENSIONS = {
    "image/jpeg": "jpg",
    "image/png": "png",
    "image/gif": "gif",
    "image/webp": "webp",
    "audio/ogg": "ogg",
    "audio/amr": "amr",
    "audio/aac": "aac",
    "audio/mp4": "m4a",
    "audio/mpeg": "mp3",
    "video/mp4": "mp4",
    "video/3gpp": "3gp",
    "application/pdf": "pdf",
    "application/msword": "doc",
    f"{OFFICE}.wordprocessingml.document": "docx",
    f"{OFFICE}.spreadsheetml.sheet": "xlsx",
    f"{OFFICE}.presentationml.presentation": "pptx",
    "text/vcard": "vcf",
    "text/plain": "txt",
}
# Should a browser show it all the same: without scripts, without an origin, without anything from elsewhere.
SANDBOX = "sandbox; default-src 'none'"


def add_pages(blueprint: Blueprint, parts: ConsoleParts) -> None:
    @require_staff(*HELPERS)
    def show_media(media_id: UUID) -> ResponseReturnValue:
        with parts.database.read() as uow:
            file = uow.media_files.get(MediaFileId(media_id))
        if file is not None and file.status is MediaStatus.EXPIRED:
            abort(410)
        if file is None or file.status is not MediaStatus.KEPT:
            abort(404)
        return _served(parts, file)

    blueprint.add_url_rule("/desk/media/<uuid:media_id>", view_func=show_media)


def _served(parts: ConsoleParts, file: MediaFile) -> Response:
    place = place_of(parts.media_folder, file.id).absolute()
    if not place.is_file():
        # Another machine's folder, or a restored database without its files.
        log.error("a kept file is not there", extra={"action": "media_missing", "media_id": str(file.id)})
        abort(410)
    kind = file.content_type if file.content_type in EXTENSIONS else "application/octet-stream"
    name = f"{file.id}.{EXTENSIONS.get(file.content_type or '', 'bin')}"
    response = send_file(place, mimetype=kind, as_attachment=True, download_name=name)
    response.headers["Content-Security-Policy"] = SANDBOX
    response.headers["Cache-Control"] = "private, no-store"
    return response
