"""Guards of access: who may use a route, and that nothing is read before that is decided."""

from mutants.mutation import Mutation

_LIBRARY = "libs/shared/src/mandegar"

MUTATIONS = (
    Mutation(
        "bodies-are-read-before-the-caller-is-known",
        "authentication before the body",
        f"{_LIBRARY}/web/access.py",
        "            await self.access.admit(request)\n            if isinstance",
        "            await request.body()\n            await self.access.admit(request)\n            if isinstance",
        ("tests/contract/test_access.py",),
    ),
    Mutation(
        "routes-without-a-declaration-are-served",
        "declared access",
        f"{_LIBRARY}/web/access.py",
        "        if len(declared) != 1:",
        "        if len(declared) > 1:",
        ("tests/unit/shared/web/test_access.py",),
    ),
    Mutation(
        "unknown-query-parameters-are-ignored",
        "refusal of unknown query parameters",
        f"{_LIBRARY}/web/access.py",
        "                require_declared(request, self.parameters)\n",
        "",
        ("tests/contract/test_parameters.py",),
    ),
    Mutation(
        "customers-tokens-use-every-route",
        "restriction of customers' tokens",
        f"{_LIBRARY}/web/access.py",
        "        if who.subject is not None and not self.customer_scopes:\n"
        "            raise Problem(\n"
        '                403, "forbidden", "A customer\'s own token cannot use this route", '
        '"Use a token of the shop, without sub"\n'
        "            )\n"
        "        scopes = self.scopes if who.subject is None else self.customer_scopes\n",
        "        scopes = self.scopes\n",
        ("tests/unit/shared/web/test_access.py",),
    ),
    Mutation(
        "customers-tokens-read-each-other",
        "restriction of customers' tokens",
        f"{_LIBRARY}/web/customers.py",
        "subject is not None and subject != canonical",
        "False",
        ("tests/unit/shared/web/test_access.py",),
    ),
    Mutation(
        "customers-tokens-grant-consent",
        "proof behind a consent",
        "services/notify/src/notify/contacts/routes.py",
        'who.subject is not None and "granted" in change.channels.values()',
        "False",
        ("tests/integration/notify/contacts/test_preferences.py",),
    ),
    Mutation(
        "every-reader-sees-raw-bodies",
        "scope of raw bodies",
        "services/ingest/src/ingest/desk/history/routes.py",
        '"events:raw" in who.scopes and who.subject is None',
        "True",
        ("tests/integration/ingest/desk/test_quarantine.py",),
    ),
    Mutation(
        "two-keys-have-one-name",
        "unique names of keys",
        f"{_LIBRARY}/tokens/keys.py",
        "        if kid in by_kid:",
        "        if False:",
        ("tests/unit/shared/tokens/test_keys.py",),
    ),
    Mutation(
        "one-key-has-two-names",
        "unique names of keys",
        f"{_LIBRARY}/tokens/keys.py",
        '        if entry["x"] in values:',
        "        if False:",
        ("tests/unit/shared/tokens/test_keys.py",),
    ),
    Mutation(
        "shops-of-a-key-may-be-a-text",
        "list of shops",
        f"{_LIBRARY}/tokens/keys.py",
        "not isinstance(shops, list) or ",
        "",
        ("tests/unit/shared/tokens/test_keys.py",),
    ),
    Mutation(
        "an-operators-key-makes-an-operator-of-every-token",
        "rule of operators",
        f"{_LIBRARY}/tokens/verify.py",
        "        return self.shop == EVERY_SHOP",
        '        return "ops" in self.scopes',
        ("tests/unit/shared/tokens/test_verify.py",),
    ),
    Mutation(
        "keys-sign-for-every-shop",
        "list of shops",
        f"{_LIBRARY}/tokens/verify.py",
        "not isinstance(shop, str) or not {shop, EVERY_SHOP} & key.shops",
        "not isinstance(shop, str)",
        ("tests/unit/shared/tokens/test_verify.py",),
    ),
    Mutation(
        "tokens-live-for-ever",
        "longest life",
        f"{_LIBRARY}/tokens/verify.py",
        "        if expires - issued > longest + LEEWAY_SECONDS:",
        "        if False:",
        ("tests/unit/shared/tokens/test_verify.py",),
    ),
    Mutation(
        "revoked-tokens-work",
        "revocation",
        f"{_LIBRARY}/tokens/verify.py",
        "not isinstance(id_, str) or id_ in keys.revoked",
        "not isinstance(id_, str)",
        ("tests/unit/shared/tokens/test_verify.py",),
    ),
    Mutation(
        "a-set-that-cannot-be-read-empties-the-keys",
        "last good keys",
        f"{_LIBRARY}/tokens/watch.py",
        '            metrics.KEY_RELOADS.labels("failed").inc()',
        '            metrics.KEY_RELOADS.labels("failed").inc()\n'
        "            self._tokens.keys = read_keys('{\"keys\": []}')",
        ("tests/unit/shared/tokens/test_watch.py",),
    ),
    Mutation(
        "routes-of-all-shops-take-every-token",
        "rule of operators",
        f"{_LIBRARY}/web/access.py",
        '        if self.shops == "every" and not who.operator:',
        "        if False:",
        ("tests/unit/shared/web/test_access.py",),
    ),
    Mutation(
        "browser-keys-work-on-every-page",
        "origins of a browser source",
        "services/ingest/src/ingest/doors/receive.py",
        '    if source.trust == "browser" and not allowed:',
        "    if False:",
        ("tests/integration/ingest/doors/test_browsers.py",),
    ),
    Mutation(
        "every-page-reads-every-answer",
        "origins of a shop",
        f"{_LIBRARY}/web/cors.py",
        "for_customers and self._origins.is_of_shop(origin, who.shop)",
        "for_customers",
        ("tests/integration/ingest/doors/test_browsers.py",),
    ),
    Mutation(
        "visitors-are-believed-without-proof",
        "proof of visitors",
        "services/ingest/src/ingest/domain/visitor_proof.py",
        'proven or source.visitor_proof == "off" or',
        "True or",
        ("tests/unit/ingest/domain/test_visitor_proof.py",),
    ),
    Mutation(
        "every-proof-is-right",
        "proof of visitors",
        "services/ingest/src/ingest/domain/visitor_proof.py",
        "    if not _matches(",
        "    if False and not _matches(",
        ("tests/unit/ingest/domain/test_visitor_proof.py",),
    ),
)
