"""Signed tokens (JWT, EdDSA): scopes, public keys, and verification without a call to another service."""

from mandegar.tokens.scopes import SCOPES, Scope
from mandegar.tokens.verify import EVERY_SHOP, InvalidToken, Principal, TokenVerifier

__all__ = ["EVERY_SHOP", "SCOPES", "InvalidToken", "Principal", "Scope", "TokenVerifier"]
