"""Outgoing webhooks, for admins: where they go, what each endpoint answered, and telling it again."""

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from flask import Blueprint, abort, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from console.auth import require_staff
from console.parts import ConsoleParts
from context_store.records import DisabledBy, Endpoint, EndpointId, NoticeKind, Role, new_id
from context_store.unit_of_work import UnitOfWork
from context_store.webhooks import OVERLAP_SECONDS

SHOWN = 50
LONGEST_URL = 500


def add_pages(blueprint: Blueprint, parts: ConsoleParts) -> None:
    pages = WebhookPages(parts)
    add = blueprint.add_url_rule
    add("/webhooks", "show_webhooks", pages.show_all)
    add("/webhooks", "add_webhook", pages.add, methods=["POST"])
    one = "/webhooks/<uuid:endpoint_id>"
    add(one, "show_webhook", pages.show_one)
    add(f"{one}/change", "change_webhook", pages.change, methods=["POST"])
    add(f"{one}/switch", "switch_webhook", pages.switch, methods=["POST"])
    add(f"{one}/rotate", "rotate_webhook", pages.rotate, methods=["POST"])
    add(f"{one}/replay", "replay_webhook", pages.replay, methods=["POST"])


class WebhookPages:
    def __init__(self, parts: ConsoleParts) -> None:
        self._parts = parts

    @require_staff(Role.ADMIN)
    def show_all(self) -> ResponseReturnValue:
        return self._list()

    @require_staff(Role.ADMIN)
    def add(self) -> ResponseReturnValue:
        url, kinds = request.form.get("url", "").strip()[: LONGEST_URL + 1], _kinds()
        fault = self._fault(url, kinds)
        if fault:
            return self._list(fault=fault, url=url, chosen=kinds), 422
        endpoint = Endpoint(
            id=EndpointId(new_id()),
            url=url,
            kinds=kinds,
            with_body="with_body" in request.form,
            secret=self._parts.new_webhook_secret(),
            created_at=datetime.now(UTC),
        )
        with self._parts.database.write() as uow:
            uow.webhooks.add(endpoint)
            uow.commit()
        self._parts.database.learn_wanted()
        return self._one(endpoint.id, secret=endpoint.secret)

    @require_staff(Role.ADMIN)
    def show_one(self, endpoint_id: UUID) -> ResponseReturnValue:
        return self._one(EndpointId(endpoint_id))

    @require_staff(Role.ADMIN)
    def change(self, endpoint_id: UUID) -> ResponseReturnValue:
        kinds = _kinds()
        if not kinds:
            return self._one(EndpointId(endpoint_id), fault=g.words("hooks.no_kinds")), 422
        with self._parts.database.write() as uow:
            found = _found(uow, endpoint_id)
            uow.webhooks.change(found.id, kinds, with_body="with_body" in request.form)
            uow.commit()
        self._parts.database.learn_wanted()
        return self._to(endpoint_id)

    @require_staff(Role.ADMIN)
    def switch(self, endpoint_id: UUID) -> ResponseReturnValue:
        with self._parts.database.write() as uow:
            found = _found(uow, endpoint_id)
            if request.form.get("to") == "off":
                uow.webhooks.disable(found.id, DisabledBy.STAFF)
            else:
                uow.webhooks.enable(found.id)
            uow.commit()
        return self._to(endpoint_id)

    @require_staff(Role.ADMIN)
    def rotate(self, endpoint_id: UUID) -> ResponseReturnValue:
        secret = self._parts.new_webhook_secret()
        with self._parts.database.write() as uow:
            found = _found(uow, endpoint_id)
            uow.webhooks.rotate(found.id, secret, OVERLAP_SECONDS)
            uow.commit()
        # Not by a redirect: the secret must not stand in an address.
        return self._one(found.id, secret=secret)

    @require_staff(Role.ADMIN)
    def replay(self, endpoint_id: UUID) -> ResponseReturnValue:
        position, since = request.form.get("delivery", type=int), _moment(request.form.get("since", ""))
        if position is None and since is None:
            return self._one(EndpointId(endpoint_id), fault=g.words("hooks.no_since")), 422
        with self._parts.database.write() as uow:
            found = _found(uow, endpoint_id)
            if position is not None:
                uow.webhook_deliveries.replay(found.id, min(position, 2**62))
            elif since is not None:
                uow.webhook_deliveries.replay_since(found.id, since)
            uow.commit()
        return self._to(endpoint_id)

    def _list(self, **more: Any) -> str:
        with self._parts.database.read() as uow:
            endpoints = uow.webhooks.all()
        shown = {"endpoints": endpoints, "kinds": list(NoticeKind), "chosen": (), "url": "", **more}
        return render_template("console/webhooks.html", **shown)

    def _one(self, endpoint_id: EndpointId, **more: Any) -> str:
        with self._parts.database.read() as uow:
            found = _found(uow, endpoint_id)
            deliveries = uow.webhook_deliveries.newest(found.id, SHOWN)
        shown = {"endpoint": found, "deliveries": deliveries, "kinds": list(NoticeKind), **more}
        return render_template("console/webhook.html", **shown)

    def _to(self, endpoint_id: UUID) -> ResponseReturnValue:
        return redirect(url_for("console.show_webhook", endpoint_id=endpoint_id), 303)

    def _fault(self, url: str, kinds: tuple[NoticeKind, ...]) -> str | None:
        if not kinds:
            return str(g.words("hooks.no_kinds"))
        with self._parts.database.read() as uow:
            if any(each.url == url for each in uow.webhooks.all()):
                return str(g.words("hooks.known"))
        fault = self._parts.webhook_fault(url)
        return str(g.words("hooks.refused", why=fault)) if fault else None


def _kinds() -> tuple[NoticeKind, ...]:
    named = set(request.form.getlist("kinds"))
    return tuple(kind for kind in NoticeKind if kind.value in named)


def _found(uow: UnitOfWork, endpoint_id: UUID) -> Endpoint:
    found = uow.webhooks.get(EndpointId(endpoint_id))
    if found is None:
        abort(404)
    return found


def _moment(text: str) -> datetime | None:
    """As a browser's field gives it; UTC, as the page says."""
    try:
        return datetime.fromisoformat(text).replace(tzinfo=UTC) if text else None
    except ValueError:
        return None
