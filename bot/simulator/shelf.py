"""Small things the carrier keeps by a key: contents, settings of numbers, opt-outs, people, clock, carts."""

import json
from typing import Any

from bot.simulator.database import Database
from bot.simulator.settings import Person

FIRST_ORDER = 2001  # the number of the web shop's first order


class Shelf(Database):
    # Contents: templates and buttons

    def save_content(self, sid: str, content: dict[str, Any]) -> None:
        self.rows("INSERT OR REPLACE INTO content VALUES (?, ?)", (sid, json.dumps(content)))

    def content(self, sid: str) -> dict[str, Any] | None:
        rows = self.rows("SELECT content FROM content WHERE sid = ?", (sid,))
        found: dict[str, Any] | None = json.loads(rows[0][0]) if rows else None
        return found

    def contents(self) -> list[dict[str, Any]]:
        return [json.loads(row[0]) for row in self.rows("SELECT content FROM content ORDER BY rowid")]

    def delete_content(self, sid: str) -> None:
        self.rows("DELETE FROM content WHERE sid = ?", (sid,))

    # What the account has set: webhooks of its numbers, faults

    def save_resource(self, kind: str, sid: str, value: dict[str, Any]) -> None:
        self.rows("INSERT OR REPLACE INTO resource VALUES (?, ?, ?)", (kind, sid, json.dumps(value)))

    def resource(self, kind: str, sid: str) -> dict[str, Any] | None:
        text = self.resource_text(kind, sid)
        found: dict[str, Any] | None = json.loads(text) if text else None
        return found

    def resource_text(self, kind: str, sid: str) -> str:
        """As it is kept; empty when there is none."""
        rows = self.rows("SELECT value FROM resource WHERE kind = ? AND sid = ?", (kind, sid))
        return str(rows[0][0]) if rows else ""

    def resources(self, kind: str) -> list[dict[str, Any]]:
        rows = self.rows("SELECT value FROM resource WHERE kind = ? ORDER BY rowid", (kind,))
        return [json.loads(row[0]) for row in rows]

    # Opt-outs, people, clock

    def is_blocked(self, shop: str, customer: str) -> bool:
        return bool(self.rows("SELECT 1 FROM opt_out WHERE shop = ? AND customer = ?", (shop, customer)))

    def set_blocked(self, shop: str, customer: str, is_blocked: bool) -> None:
        statement = (
            "INSERT OR IGNORE INTO opt_out VALUES (?, ?)"
            if is_blocked
            else "DELETE FROM opt_out WHERE shop = ? AND customer = ?"
        )
        self.rows(statement, (shop, customer))

    def add_person(self, person: Person) -> None:
        self.rows(
            "INSERT INTO person VALUES (?, ?, ?, ?, ?, ?)",
            (person.key, person.name, person.phone, person.whatsapp_id, person.language, person.note),
        )

    def people(self) -> list[Person]:
        return [Person(**dict(row)) for row in self.rows("SELECT * FROM person ORDER BY rowid")]

    def clock_offset(self) -> float:
        return float(self.rows("SELECT offset FROM clock")[0][0])

    def move_clock(self, seconds: float) -> None:
        self.rows("UPDATE clock SET offset = offset + ?", (seconds,))

    # The little web shop

    def shop_cart(self, person: str, fresh: str) -> str:
        """The id of this person's cart on the web; `fresh` becomes it when there is none."""
        self.rows("INSERT OR IGNORE INTO shop_cart VALUES (?, ?)", (person, fresh))
        return str(self.rows("SELECT cart FROM shop_cart WHERE person = ?", (person,))[0][0])

    def shop_order(self, cart: str) -> int:
        """The number of the order that this cart becomes, the same each time it is asked."""
        self.rows(
            "INSERT OR IGNORE INTO shop_order SELECT COALESCE(MAX(number) + 1, ?), ? FROM shop_order",
            (FIRST_ORDER, cart),
        )
        return int(self.rows("SELECT number FROM shop_order WHERE cart = ?", (cart,))[0][0])

    def close_shop_cart(self, person: str, cart: str) -> None:
        """It has become an order: the next cart of this name or person is another one."""
        self.rows("UPDATE shop_order SET cart = NULL WHERE cart = ?", (cart,))
        self.rows("DELETE FROM shop_cart WHERE person = ?", (person,))
