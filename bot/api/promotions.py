"""What is on offer, as the bot tells it: every channel says the same."""

from bot.api.answers import OfferedPromotion, OfferedPromotions
from bot.api.bodies import GiveCodeBody, PromotionsQuery
from bot.api.callers import Scope
from bot.api.finding import customer_named
from bot.api.operations import Given, Operation
from bot.api.problems import Problem
from bot.promotions import as_seen, on_for, promotions_for_anybody
from context_store.records import PromotionRecord
from flows.promotions import Promotion


def show(given: Given) -> OfferedPromotions:
    """All that is on; of one customer what is on for them, and the codes that they have."""
    query: PromotionsQuery = given.query
    if query.customer is None:
        found = promotions_for_anybody(given.uow, given.parts, given.now)
        return OfferedPromotions(promotions=[_for_anybody(each) for each in found])
    customer = customer_named(given, query.customer)
    return OfferedPromotions(promotions=[_told(each) for each in on_for(given.uow, given.parts, customer)])


def give(given: Given) -> OfferedPromotion:
    """The customer's own code of that promotion: given now, or the one that they have."""
    body: GiveCodeBody = given.body
    customer = customer_named(given, body.customer)
    code = given.path["code"].upper()
    offered = on_for(given.uow, given.parts, customer)
    found = next((each for each in offered if code in (each.unique_of, each.code)), None)
    if found is None:
        raise Problem(404, "no-such-promotion", "there is no promotion of that code for this customer today")
    record = given.uow.promotions.by_code(found.unique_of) if found.unique_of else None
    if record is not None and not given.uow.promotions.give(record, customer.id, found.code, given.now):
        raise Problem(409, "code-taken", "somebody else was quicker: ask again")
    return _told(found.model_copy(update={"is_given": True}))


def _told(promotion: Promotion) -> OfferedPromotion:
    """Where the code is theirs alone it is shown once it was given."""
    known = promotion.model_dump(mode="json", exclude={"code", "blocked", "is_given", "unique_of"})
    return OfferedPromotion(
        **known,
        promotion=promotion.unique_of or promotion.code,
        is_unique=promotion.unique_of is not None,
        code=promotion.code if promotion.is_given else None,
    )


def _for_anybody(record: PromotionRecord) -> OfferedPromotion:
    seen = _told(as_seen(record, record.code, is_given=False))
    return seen.model_copy(update={"audience": record.audience})


OPERATIONS = (
    Operation(
        method="GET",
        path="/v1/promotions",
        name="listPromotions",
        summary="What is on today; for one customer with the codes that they have",
        scope=Scope.PROMOTIONS_READ,
        query=PromotionsQuery,
        answer=OfferedPromotions,
        also={404: "Nobody is known by that name."},
        do=show,
    ),
    Operation(
        method="POST",
        path="/v1/promotions/{code}/codes",
        name="giveCode",
        summary="A customer's own code of a promotion: given now, or the one that they have",
        scope=Scope.PROMOTIONS_WRITE,
        body=GiveCodeBody,
        answer=OfferedPromotion,
        also={404: "There is no such promotion for them today.", 409: "Somebody was quicker: ask again."},
        do=give,
    ),
)
