"""Every HTTP error as one line that says what was wrong; a page for browsers, JSON for programs."""

import logging

from flask import Flask, Response, jsonify, request
from markupsafe import escape
from werkzeug.exceptions import HTTPException

from bot.api.problems import Problem, is_ours, respond, word_of

log = logging.getLogger("hilo.web")

FAULT = "Something went wrong on our side. It has been logged."


def register_errors(app: Flask) -> None:
    app.register_error_handler(HTTPException, _http_error)
    app.register_error_handler(Exception, _fault)


def _http_error(error: HTTPException) -> tuple[Response, int] | HTTPException:
    if error.code is None or error.code < 400:
        return error
    if is_ours(request.path):
        allowed = getattr(error, "valid_methods", None)
        headers = {"Allow": ", ".join(sorted(allowed))} if allowed else None
        text = error.description or error.name
        return respond(Problem(error.code, word_of(error.code), text, headers=headers)), error.code
    return _answer(error.code, error.description or error.name)


def _fault(error: Exception) -> tuple[Response, int]:
    # Not the exception's text, nor the path: they may quote what a customer wrote, or who it was.
    log.exception("request failed", extra={"action": "request_failed", "route": str(request.url_rule)})
    if is_ours(request.path):
        return respond(Problem(500, "internal-server-error", FAULT)), 500
    return _answer(500, FAULT)


def _answer(code: int, text: str) -> tuple[Response, int]:
    if request.accept_mimetypes.best_match(("application/json", "text/html")) == "application/json":
        return jsonify(error=text, status=code), code
    # text/plain would be sent to the customer as a message by Twilio; an HTML page is not.
    body = f"<!doctype html><title>{code}</title><p>{escape(text)}</p>"
    return Response(body, content_type="text/html; charset=utf-8"), code
