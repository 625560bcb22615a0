"""Guards of referrals."""

from mutants.mutation import Mutation

_LOYALTY = "services/loyalty/src/loyalty"
_OUTCOMES = f"{_LOYALTY}/domain/referrals.py"
_TESTS = "tests/integration/loyalty/referrals"

MUTATIONS = (
    Mutation(
        "a-customer-refers-themselves",
        "a code of one's own earns nothing, also if it was another id's until a merge",
        _OUTCOMES,
        "    if claim.code_id in mine.codes:\n",
        "    if False:\n",
        (f"{_TESTS}/test_persons.py::test_nobody_refers_themselves_by_a_code_of_their_own",),
    ),
    Mutation(
        "a-review-is-paid-without-a-person",
        "what a person has to look at earns nothing until they approved it",
        _OUTCOMES,
        "approved, place = False, claim.verdict != REVIEW, 0",
        "approved, place = False, True, 0",
        (f"{_TESTS}/test_persons.py::test_signs_of_abuse_lead_to_a_person_who_decides",),
    ),
    Mutation(
        "an-old-report-stands",
        "of several reports about one referral that of the highest number stands",
        f"{_LOYALTY}/domain/referral_facts.py",
        "    newest = max([",
        "    newest = min([",
        (f"{_TESTS}/test_referrals.py",),
    ),
    Mutation(
        "a-report-is-told-again",
        "a referrer is told of a state once",
        f"{_LOYALTY}/account/referred.py",
        "        if (digest := digest_of(outcome, codes)) != before:",
        "        if (digest := digest_of(outcome, codes)):",
        (f"{_TESTS}/test_referrals.py::test_a_rebuild_has_the_same",),
    ),
    Mutation(
        "a-referrer-has-no-limit",
        "a referrer is paid for as many friends as the programme says",
        f"{_LOYALTY}/domain/acts.py",
        "        if any(self._times.get(key, 0) >= times for key, times in keys.items()):\n            lot.reason",
        "        if False:\n            lot.reason",
        ("tests/contract/test_loyalty_manual.py",),
    ),
    Mutation(
        "a-ring-is-paid-without-a-person",
        "who closes a ring of three or more is looked at",
        f"{_LOYALTY}/referrals/rules.py",
        "    if in_ring:",
        "    if False:",
        (f"{_TESTS}/test_persons.py::test_who_closes_a_ring_is_looked_at",),
    ),
)
