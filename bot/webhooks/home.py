"""The front door: to the simulator while it is on. Staff pages take this place."""

from flask import Blueprint, Response, redirect, url_for
from werkzeug.wrappers import Response as AnyResponse

from bot.guard import guarded_by


def blueprint(*, has_simulator: bool) -> Blueprint:
    routes = Blueprint("home", __name__)

    @routes.get("/")
    @guarded_by("open")
    def home() -> AnyResponse:
        if has_simulator:
            return redirect(url_for("simulator.show_phones"))
        return Response("Hilo is running.", content_type="text/plain; charset=utf-8")

    return routes
