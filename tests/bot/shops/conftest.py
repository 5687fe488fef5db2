"""A bot that two shops are connected to."""

from tests.bot.shops.helpers import shop, sqlite_shop

__all__ = ["shop", "sqlite_shop"]
