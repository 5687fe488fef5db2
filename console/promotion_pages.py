"""Promotions, for marketers: written by one, approved by another, stopped at once, and what they brought."""

from dataclasses import replace
from datetime import datetime
from functools import cache
from typing import Any
from uuid import UUID

from flask import Blueprint, abort, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from console import promotion_form
from console.auth import require_staff
from console.parts import ConsoleParts
from context_store.records import Agent, CodeSource, PromotionId, PromotionRecord, PromotionStatus, Role
from context_store.records.promotions import EVERYBODY, LOYAL, NEWCOMERS, SEGMENT
from context_store.unit_of_work import UnitOfWork
from flows.code_lists import read_codes
from flows.promotion_previews import previews
from flows.promotions import Kind
from flows.texts import LANGUAGES, Texts

EDITORS = (Role.MARKETER, Role.SUPERVISOR, Role.ADMIN)
MOST_FAULTS = 5

# Texts take long to read and never change.
load_texts = cache(Texts.load)


def add_pages(blueprint: Blueprint, parts: ConsoleParts) -> None:
    pages = PromotionPages(parts)
    add = blueprint.add_url_rule
    add("/promotions", "show_promotions", pages.show_all)
    add("/promotions/new", "new_promotion", pages.new)
    add("/promotions/new", "add_promotion", pages.add, methods=["POST"])
    one = "/promotions/<uuid:promotion_id>"
    add(one, "show_promotion", pages.show_one)
    add(f"{one}/edit", "edit_promotion", pages.edit)
    add(f"{one}/edit", "save_promotion", pages.save, methods=["POST"])
    add(f"{one}/approve", "approve_promotion", pages.approve, methods=["POST"])
    add(f"{one}/stop", "stop_promotion", pages.stop, methods=["POST"])
    add(f"{one}/codes", "fill_pool", pages.fill_pool, methods=["POST"])


def may_approve(promotion: PromotionRecord, agent: Agent) -> bool:
    """Somebody else than who wrote it; an admin answers for themselves."""
    return agent.role is Role.ADMIN or promotion.edited_by != agent.id


class PromotionPages:
    def __init__(self, parts: ConsoleParts) -> None:
        self._parts = parts

    @require_staff(*EDITORS)
    def show_all(self) -> ResponseReturnValue:
        with self._parts.database.read() as uow:
            found = uow.promotions.all()
        return render_template("console/promotions.html", promotions=found)

    @require_staff(*EDITORS)
    def new(self) -> ResponseReturnValue:
        return self._form(None, {"kind": "percent", "audience": EVERYBODY}, [])

    @require_staff(*EDITORS)
    def add(self) -> ResponseReturnValue:
        record, faults = promotion_form.read(request.form, None, self._parts.now())
        if record is None:
            return self._form(None, request.form, faults), 422
        with self._parts.database.write() as uow:
            is_new = uow.promotions.add(replace(record, edited_by=g.agent.id))
            uow.commit()
        return self._to(record.id) if is_new else (self._form(None, request.form, ["known"]), 422)

    @require_staff(*EDITORS)
    def show_one(self, promotion_id: UUID) -> ResponseReturnValue:
        return self._one(promotion_id)

    @require_staff(*EDITORS)
    def edit(self, promotion_id: UUID) -> ResponseReturnValue:
        with self._parts.database.read() as uow:
            found = _found(uow, promotion_id)
        return self._form(found, promotion_form.as_form(found), [])

    @require_staff(*EDITORS)
    def save(self, promotion_id: UUID) -> ResponseReturnValue:
        with self._parts.database.read() as uow:
            before = _found(uow, promotion_id)
        record, faults = promotion_form.read(request.form, before, self._parts.now())
        if record is None:
            return self._form(before, request.form, faults), 422
        with self._parts.database.write() as uow:
            is_saved = uow.promotions.edit(replace(record, edited_by=g.agent.id), _seen())
            uow.commit()
        return self._to(before.id) if is_saved else (self._form(before, request.form, ["crossed"]), 409)

    @require_staff(*EDITORS)
    def approve(self, promotion_id: UUID) -> ResponseReturnValue:
        with self._parts.database.write() as uow:
            found = _found(uow, promotion_id)
            if not may_approve(found, g.agent):
                return self._one(promotion_id, faults=["own"]), 403
            is_approved = uow.promotions.approve(found.id, _seen(), g.agent.id, self._parts.now())
            uow.commit()
        return self._to(found.id) if is_approved else (self._one(promotion_id, faults=["crossed"]), 409)

    @require_staff(*EDITORS)
    def stop(self, promotion_id: UUID) -> ResponseReturnValue:
        with self._parts.database.write() as uow:
            found = _found(uow, promotion_id)
            uow.promotions.stop(found.id)
            uow.commit()
        return self._to(found.id)

    @require_staff(*EDITORS)
    def fill_pool(self, promotion_id: UUID) -> ResponseReturnValue:
        try:
            good, bad = read_codes(_uploaded().splitlines())
        except (ValueError, UnicodeDecodeError):
            return self._one(promotion_id, faults=["codes"]), 422
        with self._parts.database.write() as uow:
            found = _found(uow, promotion_id)
            if found.code_source is not CodeSource.POOL:
                abort(404)
            added = uow.promotions.fill_pool(found.id, good)
            uow.commit()
        return self._one(promotion_id, added=added, known=len(good) - added, bad=bad[:MOST_FAULTS])

    def _one(self, promotion_id: UUID, **more: Any) -> str:
        with self._parts.database.read() as uow:
            found = _found(uow, promotion_id)
            given, free = uow.promotions.counts(found.id) if found.is_unique else (0, 0)
            names = uow.agents.names()
        shown = {
            "promotion": found,
            "previews": previews(
                load_texts(with_plain_sms=self._parts.with_plain_sms), promotion_form.as_seen(found)
            ),
            "may_approve": may_approve(found, g.agent),
            "given": given,
            "free": free,
            "names": names,
            "faults": [],
            "PromotionStatus": PromotionStatus,
            **more,
        }
        return render_template("console/promotion.html", **shown)

    def _form(self, before: PromotionRecord | None, values: Any, faults: list[str]) -> str:
        with self._parts.database.read() as uow:
            segments = [f"{SEGMENT}{name}" for name in self._parts.segment_names(uow)]
        audiences = [EVERYBODY, NEWCOMERS, LOYAL, *segments]
        chosen = values.get("audience", EVERYBODY)
        shown = {
            "before": before,
            "values": values,
            "faults": list(dict.fromkeys(faults)),
            "kinds": list(Kind),
            "sources": list(CodeSource),
            "audiences": audiences if chosen in audiences else [*audiences, chosen],
            "written_in": LANGUAGES,
        }
        return render_template("console/promotion_form.html", **shown)

    def _to(self, promotion_id: UUID) -> ResponseReturnValue:
        return redirect(url_for("console.show_promotion", promotion_id=promotion_id), 303)


def _found(uow: UnitOfWork, promotion_id: UUID) -> PromotionRecord:
    found = uow.promotions.get(PromotionId(promotion_id))
    if found is None:
        abort(404)
    return found


def _seen() -> datetime:
    """The state that the page showed; what was edited since is not what they meant."""
    try:
        return datetime.fromisoformat(request.form.get("seen", "")).astimezone()
    except ValueError:
        abort(400)


def _uploaded() -> str:
    """A file, or lines in the field. Raises `UnicodeDecodeError`."""
    file = request.files.get("file")
    content = file.read() if file else b""
    return content.decode("utf-8-sig") if content else request.form.get("codes", "")
