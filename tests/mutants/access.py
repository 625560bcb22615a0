"""Guards of access: who may use a route, and that nothing is read before that is decided."""

from mutants.mutation import Mutation

_LIBRARY = "libs/shared/src/mandegar"

MUTATIONS = (
    Mutation(
        "bodies-are-read-before-the-caller-is-known",
        "authentication before the body",
        f"{_LIBRARY}/web/access.py",
        "            await self.access.admit(request)\n            return await handle(request)",
        "            await request.body()\n"
        "            await self.access.admit(request)\n            return await handle(request)",
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
        "customers-tokens-use-every-route",
        "restriction of customers' tokens",
        f"{_LIBRARY}/web/access.py",
        "who.subject is not None and not self.customer_scopes",
        "False",
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
)
