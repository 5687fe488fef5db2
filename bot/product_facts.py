"""The products that a message may mean: few, however large the catalogue is."""

from collections.abc import Iterable

from context_store.records import ConversationState, Option, Product
from context_store.unit_of_work import UnitOfWork
from flows import products, several_products
from flows.options import read_payload
from nlu.parsed import Parsed

MOST_CANDIDATES = 60
MOST_KNOWN_WORDS = 3_000
# Entities and slots that carry a product's id.
NAMING = ("product", "cart_product")
IN_FOCUS = "product_in_focus"


def products_meant(uow: UnitOfWork, parsed: Parsed | None, state: ConversationState) -> list[Product]:
    """What was offered or talked about by its id, then what the words fit."""
    named = _ids(parsed, state)
    known = uow.products.by_ids(named) if named else []
    found = _found(uow, parsed.text) if parsed else []
    return [*known, *(product for product in found if product.product_id not in named)]


def _found(uow: UnitOfWork, text: str) -> list[Product]:
    said = products.said_words(text)
    if not said:
        return []
    found = uow.products.find(products.beginnings(text), MOST_CANDIDATES)
    if not found:
        return _nearly(uow, text)
    # "2 velas y una tasa": the candles are there, what the other word is a typo of is not.
    missed = several_products.unmatched(text, [{"name": one.name, "category": one.category} for one in found])
    more = _nearly(uow, " ".join(missed)) if missed else []
    ids = {one.product_id for one in found}
    return [*found, *(one for one in more if one.product_id not in ids)]


def _nearly(uow: UnitOfWork, text: str) -> list[Product]:
    letters = {word[0] for word in products.said_words(text)}
    known = uow.products.words_beginning(letters, MOST_KNOWN_WORDS) if letters else []
    near = products.near_words(text, known)
    return uow.products.find(near, MOST_CANDIDATES) if near else []


def _ids(parsed: Parsed | None, state: ConversationState) -> set[str]:
    entities = parsed.entities if parsed else ()
    told = {entity.value for entity in entities if entity.name in NAMING}
    focus = state.slots.get(IN_FOCUS)
    return told | set(_offered(state.last_options)) | ({str(focus)} if focus else set())


def _offered(options: Iterable[Option]) -> Iterable[str]:
    for option in options:
        _, entities = read_payload(option.payload)
        yield from (str(entities[name]) for name in NAMING if name in entities)
