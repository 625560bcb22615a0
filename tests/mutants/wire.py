"""Guards of what goes over the wire: refusals of production, host names, STARTTLS that is required."""

from mutants.mutation import Mutation

_LIBRARY = "libs/shared/src/mandegar"
_INSECURE = (
    "tests/unit/shared/service/test_insecurities.py::test_production_refuses_what_is_insecure_and_says_how_to_allow_it"
)
_RENDERING = "services/notify/src/notify/rendering"
_MAIL_TESTS = "tests/contract/notify/test_mail_bytes.py"
_TEMPLATE_TESTS = "tests/contract/notify/test_templates.py"
_COMPOSE_TESTS = "tests/unit/notify/sends/test_compose.py"
_MAIL = "services/notify/src/notify/channels/email"
_SMTP_TESTS = "tests/unit/notify/channels/test_smtp_tls.py"

MUTATIONS = (
    Mutation(
        "production-takes-what-is-insecure",
        "production refuses what is not encrypted",
        f"{_LIBRARY}/environment.py",
        "        if self.in_production:\n            sentences += [",
        "        if False:\n            sentences += [",
        (_INSECURE,),
    ),
    Mutation(
        "one-word-allows-everything",
        "what is insecure is allowed by its own name",
        f"{_LIBRARY}/environment.py",
        "if what not in self.allow_insecure",
        "if not self.allow_insecure",
        ("tests/unit/shared/service/test_insecurities.py::test_what_is_allowed_in_words_starts_and_nothing_else_does",),
    ),
    Mutation(
        "passwords-over-plain-kafka",
        "production refuses Kafka without encryption",
        f"{_LIBRARY}/kafka/settings.py",
        "if not self.broker.encrypted:",
        "if not self.broker.encrypted and not self.broker.authenticated:",
        (_INSECURE,),
    ),
    Mutation(
        "a-database-may-fall-back",
        "production refuses PostgreSQL without encryption",
        f"{_LIBRARY}/database/address.py",
        '("verify-full", "verify-ca", "require")',
        '("verify-full", "verify-ca", "require", "prefer")',
        (_INSECURE,),
    ),
    Mutation(
        "one-socket-among-hosts-is-enough",
        "production refuses PostgreSQL without encryption",
        f"{_LIBRARY}/database/address.py",
        'all(host.startswith("/")',
        'any(host.startswith("/")',
        (_INSECURE,),
    ),
    Mutation(
        "starttls-if-it-is-offered",
        "nothing is sent before STARTTLS where it is required",
        f"{_MAIL}/session.py",
        'if relay.scheme == "smtp+starttls" or (relay.scheme == "smtp" and "STARTTLS" in offers):',
        'if relay.scheme != "smtps" and "STARTTLS" in offers:',
        (f"{_SMTP_TESTS}::test_where_tls_is_required_nothing_is_sent_without_it",),
    ),
    Mutation(
        "a-login-that-fails-refuses-the-mail",
        "a mail is refused only by an answer to it",
        f"{_MAIL}/outcomes.py",
        'return Outcome("retry", _CODES.get(stage) or',
        'return Outcome("refused", _CODES.get(stage) or',
        (f"{_SMTP_TESTS}::test_a_login_that_fails_refuses_no_mail",),
    ),
    Mutation(
        "a-secret-is-given-twice",
        "a secret has one place",
        f"{_LIBRARY}/environment.py",
        "        if os.environ.get(variable):\n",
        "        if False:\n",
        ("tests/unit/shared/test_environment.py::test_a_secret_that_is_given_twice_is_refused",),
    ),
    Mutation(
        "any-host-name-will-do",
        "the broker's certificate is for its host name",
        f"{_LIBRARY}/kafka/broker.py",
        "        if self.certificate_file:\n",
        "        context.check_hostname = False\n        if self.certificate_file:\n",
        (
            "tests/integration/shared/kafka/test_secured.py::"
            "test_a_client_that_cannot_prove_itself_or_is_not_convinced_by_the_broker_does_not_start",
        ),
    ),
    Mutation(
        "loyalty-writes-orders",
        "a service writes its own topics alone",
        f"{_LIBRARY}/kafka/acls.py",
        "(LOYALTY_EVENTS,), (INGEST_EVENTS, LOYALTY_EVENTS, CHURN_EVENTS)",
        "(LOYALTY_EVENTS, INGEST_EVENTS), (INGEST_EVENTS, LOYALTY_EVENTS, CHURN_EVENTS)",
        ("tests/unit/shared/kafka/test_acls.py::test_no_topic_is_written_by_two_services",),
    ),
    Mutation(
        "links-of-former-keys-are-dead",
        "unsubscribe links never expire",
        "services/notify/src/notify/contacts/unsubscribe_routes.py",
        "*ctx.settings.unsubscribe_keys",
        "ctx.settings.unsubscribe_secret",
        ("tests/integration/notify/contacts/test_unsubscribe.py",),
    ),
    Mutation(
        "a-link-with-a-changed-letter-works",
        "a broken unsubscribe link changes nothing",
        "services/notify/src/notify/contacts/unsubscribe_token.py",
        "base64_encode(base64_decode(part)) != part",
        "not part",
        (
            "tests/unit/notify/contacts/test_unsubscribe_token.py::"
            "test_every_changed_cut_or_added_letter_of_the_alphabet_is_noticed",
        ),
    ),
    Mutation(
        "a-text-of-encoded-words-goes-out-as-it-is",
        "no header is made by a text",
        f"{_RENDERING}/headers.py",
        ' and "=?" not in value',
        "",
        (f"{_MAIL_TESTS}::test_a_text_comes_out_of_its_header_as_it_went_in",),
    ),
    Mutation(
        "a-line-break-is-encoded",
        "no header is made by a text",
        f"{_RENDERING}/headers.py",
        'if "\\r" in value or "\\n" in value:',
        "if False:",
        (f"{_MAIL_TESTS}::test_a_line_break_in_a_text_is_refused",),
    ),
    Mutation(
        "a-header-ends-where-its-value-says",
        "no header is made by a text",
        f"{_RENDERING}/headers.py",
        "line.isascii() and line.isprintable() and len(line)",
        "line.isascii() and len(line)",
        (f"{_MAIL_TESTS}::test_a_value_that_is_no_text_stands_as_it_is_or_is_refused",),
    ),
    Mutation(
        "a-name-with-quotes-is-quoted",
        "a name makes no second address",
        f"{_RENDERING}/headers.py",
        """[\"\\\\]|^ """,
        "^ ",
        (f"{_MAIL_TESTS}::test_a_name_comes_out_as_it_went_in_and_makes_no_second_address",),
    ),
    Mutation(
        "points-last-a-day-too-long",
        "the last day is the one before the end",
        f"{_RENDERING}/message.py",
        "last = end - _INSTANT",
        "last = end",
        (f"{_TEMPLATE_TESTS}::test_the_last_day_is_named_on_which_points_and_offers_can_still_be_used",),
    ),
    Mutation(
        "placeholders-are-greeted",
        "what is nobody's name greets nobody",
        f"{_RENDERING}/message.py",
        "names.of_a_person(",
        "names.one_line(",
        (f"{_TEMPLATE_TESTS}::test_what_is_nobodys_name_greets_nobody",),
    ),
    Mutation(
        "a-reply-stops-sms-everywhere",
        "a way out is named where it works",
        "services/notify/src/notify/sends/compose.py",
        'return phone.startswith("+98")',
        'return phone.startswith("+")',
        (f"{_COMPOSE_TESTS}::test_an_sms_asks_for_a_reply_in_iran_alone",),
    ),
)
