"""The page with the two phones, and the files it shows."""

from flask import Blueprint, Response, abort, render_template, request
from flask.typing import ResponseReturnValue

from bot.guard import guarded_by
from bot.simulator.carrier import Carrier
from bot.simulator.pictures import SHOWN_TYPES, picture_type
from bot.simulator.samples import sample

LANGUAGES = ("es", "en")
POLICY = (
    "default-src 'self'; img-src 'self' data: blob:; base-uri 'none'; form-action 'self'; "
    "frame-ancestors 'none'; object-src 'none'"
)


def add_page(blueprint: Blueprint, carrier: Carrier) -> None:
    @blueprint.get("")
    @blueprint.get("/")
    @guarded_by("open")
    def show_phones() -> ResponseReturnValue:
        asked = request.args.get("lang", "")
        language = asked if asked in LANGUAGES else request.accept_languages.best_match(LANGUAGES) or "en"
        return render_template(
            "simulator/phones.html",
            language=language,
            shop_name=carrier.settings.shop_name,
            with_shop=carrier.web_shop is not None,
        )

    @blueprint.get("/media/<sid>/<media_sid>")
    @guarded_by("open")
    def show_media(sid: str, media_sid: str) -> ResponseReturnValue:
        found = carrier.store.media(sid, media_sid)
        if not found or carrier.store.message(sid) is None:
            abort(404)
        return _file(found[0].content, found[0].content_type)

    @blueprint.get("/samples/<name>")
    @guarded_by("open")
    def show_sample(name: str) -> ResponseReturnValue:
        found = sample(name)
        if found is None:
            abort(404)
        return _file(found[1].content, found[1].content_type)

    @blueprint.after_request
    def protect(response: Response) -> Response:
        response.headers.setdefault("Content-Security-Policy", POLICY)
        response.headers.setdefault("X-Content-Type-Options", "nosniff")
        response.headers.setdefault("Referrer-Policy", "no-referrer")
        if request.endpoint != f"{blueprint.name}.static":
            response.headers.setdefault("Cache-Control", "no-store")
        return response


def _file(content: bytes, claimed_type: str) -> Response:
    """A picture is shown as what it is; everything else is for saving, whatever it calls itself."""
    shown = picture_type(content)
    if shown in SHOWN_TYPES:
        return Response(content, content_type=shown)
    is_voice = claimed_type == "audio/ogg" and content.startswith(b"OggS")
    content_type = "audio/ogg" if is_voice else "application/octet-stream"
    return Response(content, content_type=content_type, headers={"Content-Disposition": "attachment"})
