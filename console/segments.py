"""Segments: the list, and the editor, which keeps the draft in its own form until it is saved."""

from dataclasses import dataclass, field, replace

from flask import Blueprint, abort, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from console import segment_forms
from console.auth import require_staff
from console.parts import ConsoleParts
from console.segment_drafts import Draft, Node
from context_store.records import Customer, Role, Segment, SegmentId, new_id
from context_store.records.conditions import (
    Condition,
    ConditionFault,
    LifecycleIs,
    SegmentIs,
    read_condition,
    walk,
)
from context_store.segments import InUse
from context_store.unit_of_work import UnitOfWork
from flows.audience import explain, reasons
from flows.condition_words import ConditionWords

MAKERS = (Role.MARKETER, Role.ADMIN)
SAMPLE = 10
LONGEST_NAME, LONGEST_DESCRIPTION = 120, 1000
NAMED = (LifecycleIs, SegmentIs)


@dataclass(frozen=True, kw_only=True)
class Seen:
    """How many it holds of now, and some of them with the reasons."""

    count: int
    sample: list[tuple[Customer, list[str]]]


@dataclass(frozen=True, kw_only=True)
class Open:
    """A condition whose form is open: a new one in the group at `path`, or the one that stands there."""

    path: str
    kind: str
    is_new: bool
    values: dict[str, list[str]] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Editor:
    """What the form holds."""

    key: str = ""
    version: int = 0
    name: str = ""
    description: str = ""
    tells_of_first: bool = False
    draft: Draft
    open: Open | None = None
    fault: str = ""


def add_pages(blueprint: Blueprint, parts: ConsoleParts) -> None:
    pages = SegmentPages(parts)
    rules = (
        ("/segments", "show_segments", pages.show_all, "GET"),
        ("/segments/new", "new_segment", pages.new, "GET"),
        ("/segments/draft", "edit_segment", pages.edit, "POST"),
        ("/segments/<key>", "show_segment", pages.show, "GET"),
        ("/segments/<key>/delete", "delete_segment", pages.delete, "POST"),
    )
    for rule, endpoint, view, method in rules:
        blueprint.add_url_rule(rule, endpoint, view, methods=[method])


class SegmentPages:
    def __init__(self, parts: ConsoleParts) -> None:
        self._parts = parts

    @require_staff(*MAKERS)
    def show_all(self) -> ResponseReturnValue:
        with self._parts.database.read() as uow:
            segments = uow.segments.all()
            owners = uow.agents.names()
        told = self._words(segments)
        return render_template(
            "console/segments.html",
            segments=segments,
            told=told,
            owners=owners,
            users={segment.key: _users_of(segment.key, segments) for segment in segments},
            fault=self._in_use(told, segments),
        )

    @require_staff(*MAKERS)
    def new(self) -> ResponseReturnValue:
        return self._page(Editor(draft=Draft.read("")))

    @require_staff(*MAKERS)
    def show(self, key: str) -> ResponseReturnValue:
        with self._parts.database.read() as uow:
            found = uow.segments.get(key)
        if found is None:
            abort(404)
        return self._page(
            Editor(
                key=found.key,
                version=found.version,
                name=found.name,
                description=found.description,
                tells_of_first=found.tells_of_first,
                draft=Draft.of(found.condition),
            )
        )

    @require_staff(*MAKERS)
    def edit(self) -> ResponseReturnValue:
        """One step of editing: nothing is kept here until it is saved."""
        try:
            editor = _editor()
        except ConditionFault as fault:
            return self._page(Editor(draft=Draft.read(""), fault=self._told(fault)), 400)
        deed, _, path = request.form.get("do", "").partition(":")
        try:
            if deed == "save":
                return self._save(editor)
            return self._page(self._step(editor, deed, path))
        except ConditionFault as fault:
            return self._page(replace(editor, open=_still_open(), fault=self._told(fault)), 400)

    @require_staff(*MAKERS)
    def delete(self, key: str) -> ResponseReturnValue:
        with self._parts.database.write() as uow:
            try:
                uow.segments.remove(key)
            except InUse:
                return redirect(url_for("console.show_segments", in_use=key), 303)
            uow.commit()
        return redirect(url_for("console.show_segments"), 303)

    def _step(self, editor: Editor, deed: str, path: str) -> Editor:
        draft = editor.draft
        match deed:
            case "add":
                return replace(editor, open=_new_form(path))
            case "change":
                condition = draft.at(path)
                values = segment_forms.fill(condition, self._parts.timezone)
                return replace(
                    editor, open=Open(path=path, kind=condition["kind"], is_new=False, values=values)
                )
            case "all" | "any":
                return replace(editor, draft=draft.add(path, {"kind": deed, "of": []}))
            case "remove":
                return replace(editor, draft=draft.remove(path))
            case "negate":
                return replace(editor, draft=draft.negate(path))
            case "turn":
                return replace(editor, draft=_other_group(draft, path))
            case "put":
                return replace(editor, draft=self._put(draft))
        return editor

    def _put(self, draft: Draft) -> Draft:
        opened = _still_open()
        if opened is None:
            return draft
        given = request.form.to_dict(flat=False)
        condition = segment_forms.build(opened.kind, given, self._parts.timezone)
        read_condition(condition)
        if opened.is_new:
            return draft.add(opened.path, condition)
        return draft.put(opened.path, condition)

    def _save(self, editor: Editor) -> ResponseReturnValue:
        if not editor.name:
            raise ConditionFault("name", ("name",))
        now = self._parts.now()
        with self._parts.database.write() as uow:
            known = uow.segments.get(editor.key) if editor.key else None
            if editor.key and (known is None or known.version != editor.version):
                raise ConditionFault("stale", ())
            saved = Segment(
                id=known.id if known else SegmentId(new_id()),
                key=known.key if known else uow.segments.free_key(editor.name),
                name=editor.name,
                description=editor.description,
                condition=editor.draft.condition,
                owner=known.owner if known else g.agent.id,
                created_at=known.created_at if known else now,
                changed_at=now,
                tells_of_first=editor.tells_of_first,
            )
            uow.segments.save(saved)
            uow.commit()
        return redirect(url_for("console.show_segment", key=saved.key, saved=1), 303)

    def _page(self, editor: Editor, status: int = 200) -> ResponseReturnValue:
        with self._parts.database.read() as uow:
            segments = uow.segments.all()
            told = self._words(segments)
            seen, fault = self._look(uow, editor, told)
        keys = [segment.key for segment in segments if segment.key != editor.key]
        page = render_template(
            "console/segment.html",
            editor=replace(editor, fault=editor.fault or fault),
            told=told,
            seen=seen,
            tree=editor.draft.tree(),
            sentence=lambda node: _sentence(told, node),
            kinds=list(segment_forms.FORMS),
            fieldsets=segment_forms.with_segments(segment_forms.FORMS[editor.open.kind], keys)
            if editor.open
            else (),
            users=_users_of(editor.key, segments),
        )
        return page, status

    def _look(self, uow: UnitOfWork, editor: Editor, told: ConditionWords) -> tuple[Seen | None, str]:
        try:
            return look(uow, editor.draft.condition, self._parts, told), ""
        except ConditionFault as fault:
            return None, _fault_in_words(told, fault)

    def _told(self, fault: ConditionFault) -> str:
        return _fault_in_words(self._words([]), fault)

    def _words(self, segments: list[Segment]) -> ConditionWords:
        names = {segment.key: segment.name for segment in segments}
        return ConditionWords(g.words.language, self._parts.timezone, names)

    def _in_use(self, told: ConditionWords, segments: list[Segment]) -> str:
        users = _users_of(request.args.get("in_use", ""), segments)
        return told("errors.in_use", names=", ".join(users)) if users else ""


def look(uow: UnitOfWork, condition: Condition, parts: ConsoleParts, told: ConditionWords) -> Seen:
    """Count and sample, with why each of the sample is in."""
    now = parts.now()
    ids = uow.segments.sample(condition, now, SAMPLE)
    resolved = uow.segments.resolve(condition)
    portraits = uow.segments.portraits(ids, resolved)
    meanings: dict[Condition, Condition] = {
        part: uow.segments.resolve(part) for part in walk(condition) if isinstance(part, NAMED)
    }
    sample = [
        (
            portraits[who].customer,
            [told.sentence(why) for why in reasons(explain(condition, portraits[who], now, meanings))],
        )
        for who in ids
        if who in portraits
    ]
    return Seen(count=uow.segments.count(condition, now), sample=sample)


def _editor() -> Editor:
    # Names of their own: a condition has fields called `name` and `key` too.
    form = request.form
    version = form.get("segment_version", "0")[:9]
    return Editor(
        key=form.get("segment_key", ""),
        version=int(version) if version.isdigit() else 0,
        name=" ".join(form.get("segment_name", "").replace("\x00", "").split())[:LONGEST_NAME],
        description=form.get("segment_description", "").replace("\x00", "").strip()[:LONGEST_DESCRIPTION],
        tells_of_first=form.get("tells_of_first") == "yes",
        draft=Draft.read(form.get("draft", "")),
    )


def _new_form(path: str) -> Open | None:
    kind = request.form.get(f"kind:{path}", "")
    return Open(path=path, kind=kind, is_new=True) if kind in segment_forms.FORMS else None


def _still_open() -> Open | None:
    """The form that was sent, with what was written into it."""
    kind = request.form.get("open_kind", "")
    if kind not in segment_forms.FORMS:
        return None
    return Open(
        path=request.form.get("open_path", ""),
        kind=kind,
        is_new=request.form.get("open_new") == "yes",
        values=request.form.to_dict(flat=False),
    )


def _other_group(draft: Draft, path: str) -> Draft:
    group = draft.at(path)
    other = "any" if group.get("kind") == "all" else "all"
    changed = {**group, "kind": other}
    return draft.put(path, changed) if path else Draft(changed)


def _sentence(told: ConditionWords, node: Node) -> str:
    return told.sentence(read_condition(node.condition))


def _users_of(key: str, segments: list[Segment]) -> list[str]:
    return [
        segment.name
        for segment in segments
        if any(isinstance(part, SegmentIs) and part.key == key for part in walk(segment.condition))
    ]


# From pydantic's names, and ours, to the errors of the texts.
ERRORS = {
    "missing": "missing",
    "string_too_short": "missing",
    "too_short": "missing",
    "union_tag_not_found": "missing",
    "extra_forbidden": "unknown",
    "enum": "unknown",
    "union_tag_invalid": "unknown",
    "int_parsing": "number",
    "int_from_float": "number",
    "decimal_parsing": "number",
    "string_pattern_mismatch": "currency",
}


def _fault_in_words(told: ConditionWords, fault: ConditionFault) -> str:
    names = [str(step) for step in fault.where if isinstance(step, str) and step != "of"]
    word = ERRORS.get(fault.code, fault.code)
    key = f"errors.{word}" if word in told.known("errors") else "errors.other"
    where = " › ".join(told.name("labels", name) for name in ".".join(names).split(".") if name)
    return told(key, **{"where": where or told("page.condition"), "most": "", "key": "", **fault.details})
