"""Sign-in at a provider: a small one of our own on loopback, which can lie in every way that matters."""

import base64
import hashlib
import json
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from flask import Flask, request
from flask.testing import FlaskClient
from joserfc import jwt
from joserfc.jwk import KeySet, RSAKey
from werkzeug.serving import make_server
from werkzeug.test import TestResponse

from console import OidcSettings, blueprint
from context_store.records import Agent
from tests.console.conftest import HOST, Desk

BASE = f"https://{HOST}"


@dataclass
class FakeProvider:
    """Answers as a provider does. `claims` are put over the honest ones; `key` signs."""

    address: str = ""
    key: RSAKey = field(default_factory=lambda: RSAKey.generate_key(2048, {"kid": "one"}))
    published: KeySet | None = None
    claims: dict[str, Any] = field(default_factory=dict)
    algorithm: str = "RS256"
    codes: dict[str, dict[str, str]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.published = KeySet([self.key])

    def app(self) -> Flask:
        app = Flask("provider")
        app.add_url_rule("/.well-known/openid-configuration", "metadata", self.metadata)
        app.add_url_rule("/keys", "keys", lambda: self.published.as_dict(private=False))  # type: ignore[union-attr]
        app.add_url_rule("/token", "token", self.token, methods=["POST"])
        return app

    def metadata(self) -> dict[str, str]:
        names = {"authorization_endpoint": "authorize", "token_endpoint": "token", "jwks_uri": "keys"}
        return {"issuer": self.address, **{name: f"{self.address}/{path}" for name, path in names.items()}}

    def lets_in(self, address: str) -> str:
        """What happens at the provider's own page: they agree, and go back with a code."""
        asked = {name: values[0] for name, values in parse_qs(urlsplit(address).query).items()}
        assert asked["scope"] == "openid email profile"
        assert asked["redirect_uri"] == f"{BASE}/sign-in/oidc/back"
        self.codes["code-1"] = asked
        return f"/sign-in/oidc/back?code=code-1&state={asked['state']}"

    def token(self) -> Any:
        asked = self.codes.pop(request.form["code"], None)
        digest = hashlib.sha256(request.form["code_verifier"].encode()).digest()
        challenge = base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
        if asked is None or asked["code_challenge"] != challenge:
            return {"error": "invalid_grant"}, 400
        now = int(time.time())
        claims = {
            "iss": self.address,
            "aud": "hilo",
            "exp": now + 60,
            "iat": now,
            "nonce": asked["nonce"],
            "sub": "1",
            "email": "Ana@casaluna.example",
            "email_verified": True,
            **self.claims,
        }
        if self.algorithm == "none":
            head, body = (
                base64.urlsafe_b64encode(json.dumps(part).encode()).rstrip(b"=").decode()
                for part in ({"alg": "none"}, claims)
            )
            id_token = f"{head}.{body}."
        else:
            id_token = jwt.encode({"alg": self.algorithm, "kid": self.key.kid}, claims, self.key)
        return {"access_token": "a", "token_type": "Bearer", "id_token": id_token}


@pytest.fixture
def provider() -> Iterator[FakeProvider]:
    fake = FakeProvider()
    server = make_server("127.0.0.1", 0, fake.app(), threaded=True)
    fake.address = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield fake
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def client(office: Desk, provider: FakeProvider) -> FlaskClient:
    settings = OidcSettings(issuer=provider.address, client_id="hilo", client_secret="s", name="Luna ID")
    app = Flask("desk", static_folder=None)
    app.register_blueprint(blueprint(replace(office.app.config["parts"], oidc=settings)))
    return app.test_client()


def start(client: FlaskClient, target: str = "") -> str:
    answer = client.get("/sign-in/oidc", query_string={"next": target}, base_url=BASE)
    assert answer.status_code == 303
    return str(answer.location)


def sign_in(client: FlaskClient, provider: FakeProvider) -> TestResponse:
    return client.get(provider.lets_in(start(client)), base_url=BASE)


def test_a_member_comes_in_by_the_provider(
    client: FlaskClient, provider: FakeProvider, agent: Agent, office: Desk
) -> None:
    page = client.get("/sign-in", base_url=BASE).get_data(as_text=True)
    assert "Sign in with Luna ID" in page
    back = provider.lets_in(start(client, "/customers"))
    assert client.get(back, base_url=BASE).location == "/customers"
    assert client.get("/desk", base_url=BASE).status_code == 200
    assert "Signed in by the provider" not in page


def test_who_is_not_a_member_is_refused(client: FlaskClient, provider: FakeProvider) -> None:
    answer = sign_in(client, provider)
    assert answer.status_code == 403
    assert "Nobody here has invited your e-mail" in answer.get_data(as_text=True)


@pytest.mark.parametrize(
    "claims",
    [
        {"iss": "https://evil.example"},
        {"aud": "another client"},
        {"exp": 1},
        {"nonce": "of another sign-in"},
        {"email_verified": False},
        {"email": None},
    ],
)
def test_a_token_that_is_not_for_us_now_is_refused(
    client: FlaskClient, provider: FakeProvider, agent: Agent, claims: dict[str, Any]
) -> None:
    provider.claims = claims
    assert sign_in(client, provider).status_code == 403
    assert client.get("/desk", base_url=BASE).status_code == 303


def test_a_signature_of_somebody_else_is_refused(
    client: FlaskClient, provider: FakeProvider, agent: Agent
) -> None:
    provider.key = RSAKey.generate_key(2048, {"kid": "one"})
    assert sign_in(client, provider).status_code == 403
    provider.algorithm = "none"
    assert sign_in(client, provider).status_code == 403


def test_new_keys_of_the_provider_are_found(
    client: FlaskClient, provider: FakeProvider, agent: Agent
) -> None:
    assert sign_in(client, provider).status_code == 303
    provider.key = RSAKey.generate_key(2048, {"kid": "two"})
    provider.published = KeySet([provider.key])
    # The first try meets the keys that were kept; the second asks anew.
    assert sign_in(client, provider).status_code == 403
    assert sign_in(client, provider).status_code == 303


def test_a_way_back_that_began_elsewhere_is_refused(
    client: FlaskClient, provider: FakeProvider, agent: Agent, office: Desk
) -> None:
    back = provider.lets_in(start(client))
    stranger = client.application.test_client()
    assert stranger.get(back, base_url=BASE).status_code == 403
    assert client.get(f"{back}x", base_url=BASE).status_code == 403, "another state"
    assert client.get(back, base_url=BASE).status_code == 303
    assert client.get(back, base_url=BASE).status_code == 403, "the cookie is gone"


def test_the_provider_may_say_no_or_nothing(
    client: FlaskClient, provider: FakeProvider, agent: Agent
) -> None:
    back = provider.lets_in(start(client))
    answer = client.get(f"{back}&error=access_denied", base_url=BASE)
    assert "did not let you in" in answer.get_data(as_text=True)
    provider.codes.clear()
    assert client.get(back, base_url=BASE).status_code == 403


def test_without_a_provider_there_is_no_such_page(office: Desk) -> None:
    client = office.visitor()
    for path in ("/sign-in/oidc", "/sign-in/oidc/back"):
        assert client.get(path, base_url=BASE).status_code == 404
    assert "Sign in with" not in client.get("/sign-in", base_url=BASE).get_data(as_text=True)
