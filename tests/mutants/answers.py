"""Guards of reads: who asks for many customers, what a tag covers, and up to when a read replica is current."""

from mutants.mutation import Mutation

_CARD = "services/churn/src/churn/card"
_BATCH = "tests/integration/churn/card/test_batch.py"
_TAG = "tests/integration/churn/card/test_tag.py"
_REPLICA = "libs/shared/src/mandegar/service/replica.py"
_REPLICAS = "tests/integration/shared/database/test_replica.py"
_READS = "tests/integration/churn/test_read_replica.py"

MUTATIONS = (
    Mutation(
        "a-customer-reads-a-batch",
        "a batch is for server tokens",
        f"{_CARD}/batch_routes.py",
        'require("customers:read")',
        'require("customers:read", customer_scopes=("customers:read",))',
        (f"{_BATCH}::test_a_customers_own_token_reads_no_batch_not_even_of_itself",),
    ),
    Mutation(
        "a-batch-has-no-end",
        "the limit of ids in a batch",
        f"{_CARD}/batch_routes.py",
        "            max_length=IDS_MAX,\n",
        "",
        (f"{_BATCH}::test_a_hundred_ids_are_answered_and_one_more_is_refused",),
    ),
    Mutation(
        "a-batch-costs-one-request",
        "the allowance by number of ids",
        "libs/shared/src/mandegar/web/access.py",
        "                cost *= max(len(Request(scope).query_params.getlist(self._cost_per)), 1)\n",
        "                pass\n",
        (f"{_BATCH}::test_each_id_counts_as_a_request_of_the_token",),
    ),
    Mutation(
        "a-tag-leaves-a-part-out",
        "the tag covers every part of a card",
        f"{_CARD}/schemas.py",
        '        "as_of": None,\n        "risk": None if',
        '        "as_of": None,\n        "messages": None,\n        "risk": None if',
        (f"{_TAG}::test_each_part_of_a_card_changes_its_tag",),
    ),
    Mutation(
        "a-tag-hides-the-risk",
        "a tag is as exact as it says",
        f"{_CARD}/schemas.py",
        "RISK_DIGITS = 3",
        "RISK_DIGITS = 1",
        (f"{_TAG}::test_time_alone_changes_the_tag_as_exactly_as_it_says",),
    ),
    Mutation(
        "a-replica-is-said-to-be-current",
        "as_of is what the replica holds",
        _REPLICA,
        "while self._marks and self._marks[0].position <= replayed:",
        "while self._marks:",
        (f"{_REPLICAS}::test_the_time_stands_still_while_the_replica_does_not_replay",),
    ),
    Mutation(
        "a-replica-far-behind-is-read",
        "the bound of a replica's lag",
        _REPLICA,
        "if self.lag_seconds > self._lag_max:",
        "if False:",
        (f"{_REPLICAS}::test_a_replica_that_is_too_far_behind_is_not_used",),
    ),
    Mutation(
        "any-server-is-a-replica",
        "the replica is of this database",
        _REPLICA,
        "if self._system is not None and system != self._system:",
        "if False:",
        (f"{_REPLICAS}::test_a_server_that_is_no_replica_of_the_database_is_not_used",),
    ),
    Mutation(
        "a-read-does-not-wait-for-the-replica",
        "a read behind an event waits for the replica too",
        "libs/shared/src/mandegar/web/applied.py",
        "replica is None or await replica.holds_present(max(until - monotonic_seconds(), REPLICA_SECONDS_MIN))",
        "True",
        (f"{_READS}::test_a_read_behind_an_event_waits_for_the_replica_too",),
    ),
    Mutation(
        "a-read-is-as-of-now-whatever-the-replica-holds",
        "an answer from the replica is as of the replica",
        "libs/shared/src/mandegar/service/reads.py",
        "*arguments), as_of)",
        "*arguments), ctx.clock.now())",
        (f"{_READS}::test_an_answer_of_the_replica_is_as_of_what_the_replica_holds",),
    ),
    Mutation(
        "reads-fail-with-the-replica",
        "the primary answers where the replica fails",
        "libs/shared/src/mandegar/service/reads.py",
        "            replica.lost(error)\n",
        "            raise\n",
        (f"{_READS}::test_the_primary_answers_when_the_replica_falls_silent",),
    ),
)
