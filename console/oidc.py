"""Sign-in with the account that staff have already: OpenID Connect, code flow with PKCE, by Authlib.

It says who somebody is; whether they may come in stands in our own list: an e-mail that nobody invited is
refused.
"""

import secrets
import time
from dataclasses import dataclass
from typing import Any

import requests
from authlib.common.errors import AuthlibBaseError  # type: ignore[import-untyped]
from authlib.integrations.requests_client import OAuth2Session  # type: ignore[import-untyped]
from flask import Blueprint, abort, g, redirect, request, url_for
from flask.typing import ResponseReturnValue
from itsdangerous import BadData, URLSafeTimedSerializer
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet

from console import acts
from console.auth import let_in, next_page, open_to_all, set_cookie, visit_form
from console.parts import ConsoleParts, OidcSettings
from context_store.records import Agent

COOKIE = "hilo_oidc"
LASTS = 10 * 60
PATIENCE = 5.0
KEPT = 60 * 60.0
# Signatures only: a provider's secret that is shared with us proves nothing about who signed.
ALGORITHMS = ["RS256", "RS384", "RS512", "PS256", "ES256", "ES384", "EdDSA"]
CLOCKS_DIFFER = 60


class OidcFault(Exception):
    """Why it did not work, in a word that the page explains."""


@dataclass(frozen=True, kw_only=True)
class Claims:
    email: str
    name: str


def add_pages(blueprint: Blueprint, parts: ConsoleParts) -> None:
    pages = OidcPages(parts)
    blueprint.add_url_rule("/sign-in/oidc", "oidc_start", pages.start)
    blueprint.add_url_rule("/sign-in/oidc/back", "oidc_back", pages.back)


class OidcPages:
    def __init__(self, parts: ConsoleParts) -> None:
        self._parts = parts
        self._provider = Provider(parts.oidc) if parts.oidc else None
        self._serializer = URLSafeTimedSerializer(parts.secret_key, salt="hilo-oidc")

    @open_to_all
    def start(self) -> ResponseReturnValue:
        provider = self._known()
        kept = {name: secrets.token_urlsafe(32) for name in ("state", "nonce", "verifier")}
        try:
            address = provider.sign_in_address(self._back(), kept)
        except OidcFault as fault:
            return self._refused(str(fault))
        response = redirect(address, 303)
        value = self._serializer.dumps({**kept, "next": next_page()})
        set_cookie(self._parts, response, COOKIE, str(value), LASTS)
        return response

    @open_to_all
    def back(self) -> ResponseReturnValue:
        provider = self._known()
        try:
            kept = self._kept()
            claims = provider.claims(request.args.get("code", ""), self._back(), kept)
            agent = self._member(claims)
        except OidcFault as fault:
            return self._refused(str(fault))
        response = let_in(self._parts, agent, kept.get("next"), act="sign_in_by_oidc")
        response.delete_cookie(COOKIE)
        return response

    def _known(self) -> "Provider":
        if self._provider is None:
            abort(404)
        return self._provider

    def _back(self) -> str:
        return f"{self._parts.public_url}{url_for('console.oidc_back')}"

    def _kept(self) -> dict[str, Any]:
        """What this browser was sent away with. Raises `OidcFault` when it was not this one."""
        try:
            kept: dict[str, Any] = self._serializer.loads(request.cookies.get(COOKIE, ""), max_age=LASTS)
        except BadData as fault:
            raise OidcFault("oidc_stale") from fault
        if not secrets.compare_digest(kept["state"].encode(), request.args.get("state", "").encode()):
            raise OidcFault("oidc_stale")
        if "error" in request.args:
            raise OidcFault("oidc_refused")
        return kept

    def _member(self, claims: Claims) -> Agent:
        with self._parts.database.read() as uow:
            agent = uow.agents.with_email(claims.email)
        if agent is not None:
            return agent
        with self._parts.database.write() as uow:
            acts.note(uow, self._parts, "sign_in_refused", claims.email)
            uow.commit()
        raise OidcFault("oidc_unknown")

    def _refused(self, code: str) -> ResponseReturnValue:
        return visit_form(
            self._parts,
            "console/sign_in.html",
            403,
            fault=g.words(f"sign_in.{code}"),
            email="",
            next=None,
            oidc=self._parts.oidc,
        )


class Provider:
    """The provider's addresses and keys, asked for when they are needed and kept for an hour."""

    def __init__(self, settings: OidcSettings) -> None:
        self._settings = settings
        self._known: dict[str, tuple[float, dict[str, Any]]] = {}

    def sign_in_address(self, back: str, kept: dict[str, str]) -> str:
        session = self._session(back)
        address, _ = session.create_authorization_url(
            self._metadata()["authorization_endpoint"],
            state=kept["state"],
            nonce=kept["nonce"],
            code_verifier=kept["verifier"],
        )
        return str(address)

    def claims(self, code: str, back: str, kept: dict[str, str]) -> Claims:
        """Who they are, by the provider's signature. Raises `OidcFault`."""
        metadata = self._metadata()
        try:
            token = self._session(back).fetch_token(
                metadata["token_endpoint"], code=code, code_verifier=kept["verifier"], timeout=PATIENCE
            )
        except (AuthlibBaseError, requests.RequestException, ValueError) as error:
            raise OidcFault("oidc_failed") from error
        found = self._checked(str(token.get("id_token", "")), metadata, kept["nonce"])
        email = found.get("email")
        # Absent is the provider's silence; a plain no is a no.
        if not isinstance(email, str) or found.get("email_verified") is False:
            raise OidcFault("oidc_no_email")
        return Claims(email=email, name=str(found.get("name", "")))

    def _session(self, back: str) -> OAuth2Session:
        return OAuth2Session(
            self._settings.client_id,
            self._settings.client_secret,
            scope="openid email profile",
            redirect_uri=back,
            code_challenge_method="S256",
        )

    def _checked(self, id_token: str, metadata: dict[str, Any], nonce: str) -> dict[str, Any]:
        rules = jwt.JWTClaimsRegistry(
            leeway=CLOCKS_DIFFER,
            iss={"essential": True, "value": metadata["issuer"]},
            aud={"essential": True, "value": self._settings.client_id},
            exp={"essential": True},
            nonce={"essential": True, "value": nonce},
        )
        try:
            keys = KeySet.import_key_set(self._fetched(metadata["jwks_uri"]))  # type: ignore[arg-type]
            token = jwt.decode(id_token, keys, algorithms=ALGORITHMS)
            rules.validate(token.claims)
        except (JoseError, ValueError, KeyError) as error:
            # The keys may have been changed since we asked.
            self._known.pop(metadata["jwks_uri"], None)
            raise OidcFault("oidc_failed") from error
        return dict(token.claims)

    def _metadata(self) -> dict[str, Any]:
        issuer = self._settings.issuer.rstrip("/")
        found = self._fetched(f"{issuer}/.well-known/openid-configuration")
        needed = ("authorization_endpoint", "token_endpoint", "jwks_uri")
        if str(found.get("issuer", "")).rstrip("/") != issuer or any(name not in found for name in needed):
            raise OidcFault("oidc_failed")
        return found

    def _fetched(self, address: str) -> dict[str, Any]:
        known = self._known.get(address)
        if known is not None and known[0] > time.monotonic():
            return known[1]
        try:
            answer = requests.get(address, timeout=PATIENCE, allow_redirects=False)
            answer.raise_for_status()
            found: dict[str, Any] = answer.json()
        except (requests.RequestException, ValueError) as error:
            raise OidcFault("oidc_failed") from error
        self._known[address] = (time.monotonic() + KEPT, found)
        return found
