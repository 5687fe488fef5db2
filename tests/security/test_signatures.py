"""Who may call Twilio's webhooks: every route there is, every way to sign wrongly, and nothing comes of it.

The routes are read from the application: a new one is tried by itself.
"""

import hashlib
import hmac
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

import pytest
from flask import Flask, request
from twilio import request_validator
from twilio.request_validator import RequestValidator
from werkzeug.datastructures import MultiDict
from werkzeug.test import TestResponse

from bot.guard import guarded_by
from tests.bot.helpers import FORM, LUCIA, meet
from tests.doubles import ACCOUNT, PUBLIC_URL, TOKEN
from tests.routes import guard_of
from tests.security.looks import SECONDS_OF_CPU, cpu_seconds, nothing_happens, webhook_paths
from tests.world import World, make_world

FIELDS = {
    "AccountSid": ACCOUNT,
    "Body": "hola",
    "From": LUCIA,
    "MessageSid": "SM" + "5" * 32,
    "MessageStatus": "delivered",
    "To": "+34910000001",
}
OTHER_ACCOUNT = {**FIELDS, "AccountSid": "AC" + "b" * 32}


def sign(url: str, fields: Mapping[str, str] = FIELDS, token: str = TOKEN) -> str:
    signature: str = RequestValidator(token).compute_signature(url, fields)
    return signature


@dataclass(frozen=True, kw_only=True)
class Forgery:
    """A request that is Twilio's but for one thing."""

    signature: str | None
    fields: Any = field(default_factory=lambda: FIELDS)
    method: str = "POST"
    query: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)
    body: str | None = None
    content_type: str = FORM
    base_url: str = PUBLIC_URL
    code: int = 403

    def send(self, app: Flask, path: str) -> TestResponse:
        headers = dict(self.headers)
        if self.signature is not None:
            headers["X-Twilio-Signature"] = self.signature
        return app.test_client().open(
            path,
            method=self.method,
            query_string=self.query,
            data=urlencode(list(self._pairs())) if self.body is None else self.body,
            content_type=self.content_type,
            headers=headers,
            base_url=self.base_url,
        )

    def _pairs(self) -> Iterator[tuple[str, str]]:
        yield from MultiDict(self.fields).items(multi=True)


def right(url: str) -> str:
    return sign(url)


JSON = '{"MessageSid": "SM1", "Body": "hola"}'
BODY_HASH = f"bodySHA256={hashlib.sha256(JSON.encode()).hexdigest()}"
NO_HASH = f"bodySHA256={hashlib.sha256(b'').hexdigest()}"


def of_sha256(url: str) -> str:
    return str(RequestValidator(TOKEN).compute_signature(url, FIELDS, "HMAC_SHA256"))


def behind_a_proxy(url: str, **headers: str) -> Forgery:
    """What the header claims is signed, and by the right token: a proxy's word is anybody's."""
    return Forgery(
        signature=sign(url), headers={name.replace("_", "-"): value for name, value in headers.items()}
    )


FORGERIES: dict[str, Callable[[str], Forgery]] = {
    "no signature": lambda url: Forgery(signature=None),
    "an empty one": lambda url: Forgery(signature=""),
    "one made up": lambda url: Forgery(signature="A" * 27 + "="),
    "one of letters that base64 has not": lambda url: Forgery(signature="ñ" * 28),
    "one of another account's token": lambda url: Forgery(signature=sign(url, token="another token")),
    "one of our own secret": lambda url: Forgery(signature=sign(url, token="s" * 32)),
    "one of an API key": lambda url: Forgery(signature=sign(url, token="test-api-key")),
    "one of no token": lambda url: Forgery(signature=sign(url, token="")),
    "the right one twice": lambda url: Forgery(signature=f"{right(url)}, {right(url)}"),
    "the right one in small letters": lambda url: Forgery(signature=right(url).lower()),
    "another algorithm that nobody agreed on": lambda url: Forgery(
        signature=of_sha256(url),
        headers={"X-Twilio-Webhooks-Signature-Settings": "key=mine,algorithm=HMAC_SHA256"},
    ),
    "our token, another account's message": lambda url: Forgery(
        signature=sign(url, OTHER_ACCOUNT), fields=OTHER_ACCOUNT
    ),
    "signed over http": lambda url: Forgery(signature=right(url.replace("https:", "http:"))),
    "signed over another host": lambda url: Forgery(
        signature=right(url.replace("bot.example", "evil.example"))
    ),
    "signed over a host that ends like ours": lambda url: Forgery(
        signature=right(url.replace("bot.example", "evil.bot.example"))
    ),
    "signed over another path": lambda url: Forgery(signature=right(f"{url}/")),
    "signed without the query": lambda url: Forgery(signature=right(url), query="a=1"),
    "another query than the signed one": lambda url: Forgery(signature=right(f"{url}?a=1"), query="a=2"),
    "a field changed": lambda url: Forgery(signature=right(url), fields={**FIELDS, "Body": "adios"}),
    "a field added": lambda url: Forgery(signature=right(url), fields={**FIELDS, "NumMedia": "1"}),
    "a field left out": lambda url: Forgery(
        signature=right(url), fields={name: FIELDS[name] for name in FIELDS if name != "Body"}
    ),
    "a name in small letters": lambda url: Forgery(
        signature=right(url),
        fields={**{name: FIELDS[name] for name in FIELDS if name != "Body"}, "body": "hola"},
    ),
    "a field repeated with another value": lambda url: Forgery(
        signature=right(url), fields={**FIELDS, "Body": ["hola", "adios"]}
    ),
    "the other value before it": lambda url: Forgery(
        signature=right(url), fields={**FIELDS, "From": ["+34600000009", LUCIA]}
    ),
    "a field moved to the query": lambda url: Forgery(signature=right(url), query="Body=hola"),
    "nothing signed but the address": lambda url: Forgery(signature=sign(url, {})),
    "no form at all": lambda url: Forgery(signature=sign(url, {}), fields={}),
    "signed as JSON is, sent as a form": lambda url: Forgery(
        signature=sign(f"{url}?{NO_HASH}", {}), query=NO_HASH
    ),
    "JSON, rightly signed": lambda url: Forgery(
        signature=sign(f"{url}?{BODY_HASH}", {}),
        query=BODY_HASH,
        body=JSON,
        content_type="application/json",
        code=415,
    ),
    "JSON that says it is a form": lambda url: Forgery(
        signature=sign(f"{url}?{BODY_HASH}", {}), query=BODY_HASH, body=JSON
    ),
    "a form in parts": lambda url: Forgery(
        signature=right(url), content_type="multipart/form-data; boundary=x", body="--x--", code=415
    ),
    "bytes that are no UTF-8": lambda url: Forgery(signature=right(url), body="Body=%ff", code=400),
    "GET, signed for GET": lambda url: Forgery(
        signature=sign(f"{url}?{urlencode(FIELDS)}", {}), query=urlencode(FIELDS), method="GET", code=405
    ),
    "PUT": lambda url: Forgery(signature=right(url), method="PUT", code=405),
    "GET that wants to be POST": lambda url: Forgery(
        signature=right(url), method="GET", headers={"X-HTTP-Method-Override": "POST"}, code=405
    ),
    "http, says the proxy": lambda url: behind_a_proxy(
        url.replace("https:", "http:"), X_Forwarded_Proto="http", X_Forwarded_Ssl="off"
    ),
    "another host, says the proxy": lambda url: behind_a_proxy(
        url.replace("bot.example", "evil.example"), X_Forwarded_Host="evil.example", X_Forwarded_Proto="https"
    ),
    "another host, says the standard": lambda url: behind_a_proxy(
        url.replace("bot.example", "evil.example"), Forwarded="host=evil.example;proto=https"
    ),
    "another address, says the proxy": lambda url: behind_a_proxy(
        "https://evil.example/elsewhere", X_Original_URL="/elsewhere", X_Rewrite_URL="/elsewhere"
    ),
    "a path before ours, says the proxy": lambda url: behind_a_proxy(
        url.replace("bot.example/", "bot.example/evil/"), X_Forwarded_Prefix="/evil"
    ),
    "another host, really called": lambda url: Forgery(
        signature=right(url.replace("bot.example", "evil.example")), base_url="https://evil.example"
    ),
}


def unrefused(world: World, app: Flask, path: str) -> list[str]:
    """The forgeries that this route does not refuse as it should."""
    found = []
    for name, forge in FORGERIES.items():
        forgery = forge(f"{PUBLIC_URL}{path}")
        code = forgery.send(app, path).status_code
        if code != forgery.code:
            found.append(f"{path}: {name}: {code} instead of {forgery.code}")
    return found


def test_every_webhook_refuses_every_forgery_and_nothing_comes_of_it(world: World) -> None:
    meet(world, LUCIA)
    app = world.client.application
    paths = webhook_paths(world, app)
    assert len(paths) >= 2, "where have the webhooks gone?"
    with nothing_happens(world):
        assert [fault for path in paths for fault in unrefused(world, app, path)] == []


def test_every_webhook_takes_the_same_request_when_it_is_twilios(sqlite_world: World) -> None:
    """Or the test above would pass on a route that refuses everybody."""
    app = sqlite_world.client.application
    for path in webhook_paths(sqlite_world, app):
        twilios = Forgery(signature=right(f"{PUBLIC_URL}{path}"))
        assert twilios.send(app, path).status_code in (200, 204), path


def test_a_webhook_that_forgets_the_signature_is_found(sqlite_world: World) -> None:
    app = Flask("careless")

    @app.post("/twilio/new/<number>")
    @guarded_by("twilio")
    def take(number: str) -> str:
        return str(request.form)

    (path,) = webhook_paths(sqlite_world, app)
    assert len(unrefused(sqlite_world, app, path)) > len(FORGERIES) / 2


def test_whatever_is_posted_to_twilios_folder_is_guarded_by_the_signature(sqlite_world: World) -> None:
    app = sqlite_world.client.application
    guards = {
        rule.rule: guard_of(app, rule.endpoint)
        for rule in app.url_map.iter_rules()
        if rule.rule.startswith("/twilio/")
    }
    assert set(guards.values()) == {"twilio"}, guards


def test_a_proxy_that_speaks_http_to_us_under_another_name_changes_nothing(sqlite_world: World) -> None:
    app = sqlite_world.client.application
    headers = {
        "X-Forwarded-Proto": "http",
        "X-Forwarded-Host": "inside.local",
        "Forwarded": "host=inside.local",
    }
    for path in webhook_paths(sqlite_world, app):
        forwarded = Forgery(
            signature=right(f"{PUBLIC_URL}{path}"), headers=headers, base_url="http://10.0.0.7:8000"
        )
        assert forwarded.send(app, path).status_code in (200, 204), path


def test_a_field_that_twilio_itself_repeats_is_signed_with_all_its_values(sqlite_world: World) -> None:
    app, path = sqlite_world.client.application, "/twilio/messages"
    fields = MultiDict([*FIELDS.items(), ("Body", "adios")])
    signature = RequestValidator(TOKEN).compute_signature(f"{PUBLIC_URL}{path}", fields)
    assert Forgery(signature=signature, fields=fields).send(app, path).status_code == 200
    assert sqlite_world.thread(LUCIA)[0].text == "hola"


@pytest.mark.parametrize(
    ("tokens", "accepted"),
    [
        ("old", {"old"}),
        ("new, old", {"new", "old"}),
        ("old, new", {"new", "old"}),
        ("new", {"new"}),
        ("newest", set()),
    ],
)
def test_both_tokens_are_good_while_they_are_changed_and_the_old_one_not_after(
    sqlite_url: str, tokens: str, accepted: set[str]
) -> None:
    world = make_world(sqlite_url, twilio_auth_token=tokens)
    app = world.client.application
    for path in webhook_paths(world, app):
        for token in ("old", "new"):
            signed = Forgery(signature=sign(f"{PUBLIC_URL}{path}", token=token))
            assert (signed.send(app, path).status_code < 300) is (token in accepted), (path, token)
    world.house.close()


class Watched(str):
    """A signature that knows how many of its letters were looked at."""

    looked_at = 0

    def __iter__(self) -> Iterator[str]:
        for letter in str(self):
            Watched.looked_at += 1
            yield letter


@pytest.mark.parametrize("wrong_at", [0, 1, 14, 27])
def test_a_wrong_signature_takes_as_long_wherever_it_is_wrong(wrong_at: int) -> None:
    """By construction: what twilio's validator compares with looks at every letter, right or wrong."""
    made = sign(f"{PUBLIC_URL}/twilio/messages")
    wrong = Watched(f"{made[:wrong_at]}!{made[wrong_at + 1 :]}")
    Watched.looked_at = 0
    assert request_validator.compare(made, wrong) is False
    assert Watched.looked_at == len(made)


def test_all_comparisons_of_secrets_go_through_the_two_functions_that_take_the_same_time(
    sqlite_world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    compared: list[str] = []
    for module, name in ((request_validator, "compare"), (hmac, "compare_digest")):
        monkeypatch.setattr(module, name, noted(compared, name, getattr(module, name)))
    app = sqlite_world.client.application
    for path in webhook_paths(sqlite_world, app):
        Forgery(signature=right(f"{PUBLIC_URL}{path}")).send(app, path)
    # Each signature is tried with and without the port; the status route has a proof besides.
    assert sorted(compared) == ["compare"] * 4 + ["compare_digest"]


def noted(notes: list[str], name: str, function: Callable[..., bool]) -> Callable[..., bool]:
    def call(*given: Any) -> bool:
        notes.append(name)
        return function(*given)

    return call


@pytest.mark.parametrize(
    "body",
    ["&".join(f"{number:x}" for number in range(40_000)), "Body=" + "%F0%9F%91%8D" * 20_000, "=&" * 120_000],
    ids=["many fields", "many emoji", "many empty fields"],
)
def test_refusing_the_largest_form_costs_little(sqlite_world: World, body: str) -> None:
    app = sqlite_world.client.application
    forgery = Forgery(signature="A" * 27 + "=", body=body)
    codes: list[int] = []
    seconds = cpu_seconds(lambda: codes.append(forgery.send(app, "/twilio/messages").status_code))
    assert codes == [403]
    assert seconds < SECONDS_OF_CPU
