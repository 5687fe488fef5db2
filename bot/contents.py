"""Content items at the carrier: made once, kept in SQL, found again by what they say."""

import logging

from bot.channels.base import Fate, SendFault
from bot.parts import Parts
from flows.planner import ContentKind, Form

log = logging.getLogger("hilo.sender")


def content_sid(parts: Parts, form: Form) -> str | None:
    """The carrier's id of the form's content, made now if need be; None to send plain text instead.

    Raises `SendFault` when a template cannot be made: without it nothing may go out.
    """
    content = form.content
    if content is None:
        return None
    with parts.database.read() as uow:
        known = uow.contents.sid_of(content.key)
    if known is not None:
        return known
    try:
        made = parts.channel.create_content(content)
    except SendFault as fault:
        if content.kind is ContentKind.TEMPLATE:
            # Nothing was sent yet, whatever became of the content item.
            raise SendFault(Fate.RETRYABLE, f"the template could not be made: {fault.reason}") from fault
        log.warning("no buttons: %s", fault.reason, extra={"action": "content_failed"})
        return None
    with parts.database.write() as uow:
        uow.contents.keep(content.key, made, parts.now())
        uow.commit()
    return made
