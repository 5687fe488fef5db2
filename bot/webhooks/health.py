"""Is the process up, and could it do its work?"""

from flask import Blueprint, Response, jsonify

from bot.guard import guarded_by
from bot.parts import Parts


def blueprint(parts: Parts) -> Blueprint:
    routes = Blueprint("health", __name__)

    @routes.get("/health")
    @guarded_by("open")
    def health() -> Response:
        return jsonify(status="ok")

    @routes.get("/ready")
    @guarded_by("open")
    def ready() -> tuple[Response, int]:
        problem = parts.database.schema_problem()
        if problem:
            return jsonify(status="not ready", database=problem), 503
        # A lost Redis costs speed, not messages: it is reported, and the process stays in service.
        return jsonify(status="ready", database="ok", queue=parts.bell.problem() or "ok"), 200

    return routes
