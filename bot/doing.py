"""What whoever carries out a decision has in hand: the open transaction, the turn, the parts."""

from dataclasses import dataclass

from bot.context import Context
from bot.parts import Parts
from context_store.unit_of_work import UnitOfWork


@dataclass(frozen=True, kw_only=True)
class Doing:
    parts: Parts
    uow: UnitOfWork
    context: Context
