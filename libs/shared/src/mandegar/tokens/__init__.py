"""Signed tokens (JWT, EdDSA): scopes, public keys, and verification without a call to another service."""

from mandegar.tokens.principal import EVERY_SHOP, Principal
from mandegar.tokens.scopes import SCOPES, Scope
from mandegar.tokens.verify import InvalidToken, TokenVerifier

__all__ = ["EVERY_SHOP", "SCOPES", "InvalidToken", "Principal", "Scope", "TokenVerifier"]
