"""Mutations of the guards around messages that another system sent."""

from mutants.mutation import Mutation

_NOTIFY = "services/notify/src/notify"
_CAPS = "tests/integration/notify/elsewhere/test_caps.py"
_SHOWN = "tests/integration/notify/elsewhere/test_shown.py"

MUTATIONS = (
    Mutation(
        "caps-forget-what-another-system-sent",
        "caps and cooldowns count what another system sent",
        f"{_NOTIFY}/sends/due_rows.py",
        """(shop, customer_id)
            WHERE e.marketing AND e.sent_at > $5""",
        """(shop, customer_id)
            WHERE false AND e.sent_at > $5""",
        (f"{_CAPS}::test_the_cap_counts_what_another_system_sent",),
    ),
    Mutation(
        "addresses-forget-what-another-system-sent",
        "an address has one cap, whoever has it",
        f"{_NOTIFY}/sends/due_rows.py",
        """(shop, address_id)
            WHERE e.marketing AND e.sent_at > $5""",
        """(shop, address_id)
            WHERE false AND e.sent_at > $5""",
        (f"{_CAPS}::test_the_cap_counts_what_another_system_sent",),
    ),
    Mutation(
        "receipts-of-another-system-count",
        "the cap is one on marketing",
        f"{_NOTIFY}/sends/due_rows.py",
        """(shop, customer_id)
            WHERE e.marketing AND e.sent_at > $5""",
        """(shop, customer_id)
            WHERE e.sent_at > $5""",
        (f"{_CAPS}::test_the_cap_counts_what_another_system_sent",),
    ),
    Mutation(
        "an-earlier-event-about-a-message-stands",
        "of two events about one message the later stands, in any order of arrival",
        f"{_NOTIFY}/elsewhere/rows.py",
        "WHERE (m.sent_at, m.event_id) < (excluded.sent_at, excluded.event_id)",
        "",
        (f"{_CAPS}::test_one_message_counts_once_however_often_it_comes",),
    ),
    Mutation(
        "messages-elsewhere-stay-with-aliases",
        "a root has what its aliases were sent",
        f"{_NOTIFY}/elsewhere/merge.py",
        "    await move_messages(connection, pairs)\n",
        "",
        (f"{_SHOWN}::test_a_merged_person_has_the_messages_of_both_and_one_id_once",),
    ),
    Mutation(
        "many-messages-elsewhere-hold-up-a-lane",
        "no lane waits for a customer with a long history",
        f"{_NOTIFY}/elsewhere/merge.py",
        "    needs_longer(await load_large(connection, pairs, MESSAGES_MAX))\n",
        "",
        (f"{_SHOWN}::test_many_messages_of_an_alias_are_left_to_the_lane_beside",),
    ),
)
