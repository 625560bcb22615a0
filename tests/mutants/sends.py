"""Mutations of the guards around sends: providers, bad addresses, errors of our own, senders that are not verified."""

from mutants.mutation import Mutation

_NOTIFY = "services/notify/src/notify"
_INGEST = "services/ingest/src/ingest"
_DESK = "tests/integration/ingest/desk/test_senders.py"
_SENDERS = "tests/integration/notify/sends/test_senders.py"
_ALONE = "tests/integration/notify/sends/test_fails_alone.py"
_GATEWAYS = "tests/unit/notify/channels/test_odd_gateways.py"
_DELIVERY = "tests/integration/notify/sends/test_delivery.py"
_SMS_ANSWERS = "tests/unit/notify/channels/test_sms_answers.py"
_STAGES = "tests/unit/notify/channels/test_smtp_stages.py"
_MAIL_SERVERS = "tests/unit/notify/channels/test_odd_mail_servers.py"

MUTATIONS = (
    Mutation(
        "a-provider-that-raises-ends-notify",
        "one send fails alone",
        f"{_NOTIFY}/sends/call.py",
        'except Exception as error:  # noqa: BLE001  one send fails alone\n        _failed("send"',
        'except ValueError as error:\n        _failed("send"',
        (f"{_ALONE}::test_a_provider_that_raises_anything_costs_the_send_that_it_was_called_for",),
    ),
    Mutation(
        "a-look-up-that-raises-ends-notify",
        "one look-up fails alone",
        f"{_NOTIFY}/sends/call.py",
        "except Exception as error:  # noqa: BLE001  one look-up fails alone",
        "except ValueError as error:",
        (f"{_ALONE}::test_a_look_up_that_raises_anything_is_repeated_later_and_others_are_answered",),
    ),
    Mutation(
        "a-message-that-raises-ends-notify",
        "one send fails alone",
        f"{_NOTIFY}/sends/worker.py",
        "except Exception as error:  # noqa: BLE001  one send fails alone",
        "except (ValueError, LookupError, AttributeError, TypeError) as error:",
        (f"{_ALONE}::test_a_message_that_raises_anything_while_it_is_composed_is_refused_alone",),
    ),
    Mutation(
        "a-decision-that-raises-ends-notify",
        "one send fails alone",
        f"{_NOTIFY}/sends/claim.py",
        "except Exception as error:  # noqa: BLE001  the other sends",
        "except ValueError as error:  # the other sends",
        (f"{_ALONE}::test_a_decision_that_raises_is_taken_again_until_the_deadline_and_the_others_are_decided",),
    ),
    Mutation(
        "a-bad-release-refuses-everything",
        "brake of composing",
        f"{_NOTIFY}/sends/worker.py",
        '"retry" if self._brake.engaged else "refused"',
        '"refused"',
        (
            f"{_ALONE}::test_an_error_of_ours_with_which_nothing_can_be_composed_costs_a_few_sends_and_the_others_go_out_later",
        ),
    ),
    Mutation(
        "providers-texts-are-stored-as-they-come",
        "bounds on what a provider says",
        f"{_NOTIFY}/channels/channel.py",
        "text and printable(text)",
        "text",
        (f"{_ALONE}::test_whatever_text_and_wait_a_provider_answers_can_be_recorded",),
    ),
    Mutation(
        "a-provider-says-how-long-for-ever-is",
        "bounds on what a provider says",
        f"{_NOTIFY}/sends/record.py",
        "if wait < no_later_than - now:",
        "if now + wait < no_later_than:",
        (f"{_ALONE}::test_whatever_text_and_wait_a_provider_answers_can_be_recorded",),
    ),
    Mutation(
        "answers-are-read-to-their-end",
        "bounds on what a provider says",
        f"{_NOTIFY}/channels/sms/kavenegar.py",
        "                        break\n",
        "                        pass\n",
        (f"{_GATEWAYS}::test_an_endless_answer_is_left_soon",),
    ),
    Mutation(
        "deep-answers-are-errors",
        "one look-up or send fails alone",
        f"{_NOTIFY}/channels/sms/outcomes.py",
        "except (ValueError, RecursionError):",
        "except ValueError:",
        (f"{_GATEWAYS}::test_an_answer_that_is_none_is_an_outcome_all_the_same",),
    ),
    Mutation(
        "a-proxy-refuses-messages",
        "a message is refused only by an answer to it",
        f"{_NOTIFY}/channels/sms/outcomes.py",
        "if content.status is not None and answer.status in (200, content.status):",
        "if answer.status in (200, status):",
        (f"{_SMS_ANSWERS}::test_each_answer_means_what_the_table_says",),
    ),
    Mutation(
        "any-entry-is-that-of-our-message",
        "an answer is about the message that was asked about",
        f"{_NOTIFY}/channels/sms/outcomes.py",
        'return entry.get("localid") in (None, "", local_id, str(local_id))',
        "return True",
        (f"{_SMS_ANSWERS}::test_each_answer_means_what_the_table_says",),
    ),
    Mutation(
        "landlines-get-sms",
        "SMS goes to numbers that can get one",
        f"{_NOTIFY}/domain/arbiter.py",
        '("no_mobile_number", not case.can_receive),',
        '("no_mobile_number", False and not case.can_receive),',
        (f"{_DELIVERY}::test_an_sms_to_a_number_that_cannot_get_one_is_withheld_and_the_mail_goes_out",),
    ),
    Mutation(
        "the-gateway-is-told-any-number",
        "SMS goes to numbers that can get one",
        f"{_NOTIFY}/channels/sms/kavenegar.py",
        "if not can_receive_sms(message.to):",
        "if False and not can_receive_sms(message.to):",
        (
            "tests/unit/notify/channels/test_kavenegar_channel.py::test_the_gateway_is_not_called_for_a_number_that_cannot_get_an_sms",
        ),
    ),
    Mutation(
        "a-provider-in-trouble-does-not-show",
        "a fault of a provider shows",
        f"{_NOTIFY}/sends/condition.py",
        'code = (outcome.code or "") if fails else None',
        "code = None",
        ("tests/integration/notify/sends/test_provider_faults.py::test_everything_goes_out_once_the_fault_is_over",),
    ),
    Mutation(
        "unreadable-answers-to-the-content-are-repeated",
        "a provider is never called again blindly",
        f"{_NOTIFY}/channels/email/outcomes.py",
        'return Outcome("unknown", "smtp_unreadable" if',
        'return Outcome("retry", "smtp_unreadable" if',
        (f"{_MAIL_SERVERS}::test_an_unreadable_answer_to_the_content_is_unknown_and_never_repeated",),
    ),
    Mutation(
        "answers-of-one-mail-are-taken-for-the-next",
        "a connection that is out of step is closed",
        f"{_NOTIFY}/channels/email/wire.py",
        "if self._received:",
        "if False:",
        (f"{_STAGES}::test_an_answer_that_was_not_asked_for_is_never_taken_for_the_next",),
    ),
    Mutation(
        "the-last-line-of-an-answer-decides",
        "an answer is read exactly or not at all",
        f"{_NOTIFY}/channels/email/wire.py",
        "if line is None or (lines and int(line[1]) != lines[0].code):",
        "if line is None:",
        (f"{_STAGES}::test_each_answer_at_each_stage_means_what_the_table_says",),
    ),
    Mutation(
        "content-is-sent-after-any-success",
        "nothing of a mail is sent before 354",
        f"{_NOTIFY}/channels/email/session.py",
        '"data", b"DATA", {354}',
        '"data", b"DATA", {250, 354}',
        (f"{_STAGES}::test_each_answer_at_each_stage_means_what_the_table_says",),
    ),
    Mutation(
        "what-a-relay-says-about-us-refuses-the-mail",
        "a mail is refused only by an answer to it",
        f"{_NOTIFY}/channels/email/outcomes.py",
        "if is_about_us(stage, answer) else",
        "if False else",
        (f"{_STAGES}::test_an_answer_to_the_recipient_or_the_content_means_what_its_code_says",),
    ),
    Mutation(
        "a-fault-of-the-provider-refuses-messages",
        "a fault of the provider refuses no message",
        f"{_NOTIFY}/sends/record.py",
        "elif outcome.fault:",
        "elif False:",
        (f"{_DELIVERY}::test_a_fault_of_the_provider_refuses_no_message_however_long_it_lasts",),
    ),
    Mutation(
        "a-lost-send-is-sent-again-at-once",
        "waits grow after a look-up too",
        f"{_NOTIFY}/sends/record.py",
        "next_at = now + min(_backoff(unknown.attempt), max(unknown.no_later_than - now, timedelta()))",
        "next_at = now",
        (
            f"{_DELIVERY}::test_a_provider_that_loses_every_send_is_called_ever_more_rarely_and_unknown_is_published_once",
        ),
    ),
    Mutation(
        "unknown-is-published-at-each-turn",
        "message.unknown is published once per send",
        f"{_NOTIFY}/sends/events.py",
        " and not _again(send)",
        "",
        (
            f"{_DELIVERY}::test_a_provider_that_loses_every_send_is_called_ever_more_rarely_and_unknown_is_published_once",
        ),
    ),
    Mutation(
        "texts-of-foreign-errors-are-logged",
        "no text of a foreign error is logged",
        "libs/shared/src/mandegar/telemetry/errors.py",
        'if kind.__module__.partition(".")[0] in own:',
        "if True:",
        ("tests/unit/shared/telemetry/test_error_texts.py::test_no_text_of_a_foreign_error_is_logged_by_any_way",),
    ),
    Mutation(
        "messages-of-libraries-quote-errors",
        "no text of a foreign error is logged",
        "libs/shared/src/mandegar/telemetry/logging.py",
        "        record.args = self._plain(record.args)\n",
        "",
        ("tests/unit/shared/telemetry/test_error_texts.py::test_no_text_of_a_foreign_error_is_logged_by_any_way",),
    ),
    Mutation(
        "asyncio-quotes-errors-of-tasks",
        "no text of a foreign error is logged",
        "libs/shared/src/mandegar/telemetry/logging.py",
        'if record.name == "asyncio" and',
        "if False and",
        (
            "tests/unit/shared/telemetry/test_error_texts.py::test_a_task_whose_error_nobody_fetched_is_logged_without_its_text",
        ),
    ),
    Mutation(
        "mail-goes-out-under-any-address",
        "a sender is verified before mail goes out",
        f"{_NOTIFY}/domain/arbiter.py",
        "if not case.sender_verified:",
        "if False:",
        (f"{_SENDERS}::test_mail_waits_for_its_sender_and_goes_out_once_it_is_verified",),
    ),
    Mutation(
        "any-record-verifies-any-shop",
        "a sender is verified before mail goes out",
        f"{_INGEST}/domain/senders.py",
        'f"{shop}|{domain}"',
        "domain",
        (f"{_DESK}::test_the_record_of_one_shop_verifies_no_other",),
    ),
    Mutation(
        "a-verified-shop-takes-any-domain",
        "a sender is verified before mail goes out",
        f"{_INGEST}/desk/shops/put.py",
        "before is not None and before.sender_verified and domain == domain_of(before.sender_email)",
        "before is not None and before.sender_verified",
        (f"{_DESK}::test_another_domain_must_be_verified_again_and_another_mailbox_not",),
    ),
    Mutation(
        "a-sender-changed-meanwhile-is-verified",
        "a sender is verified before mail goes out",
        f"{_INGEST}/desk/shops/verify.py",
        "if before is None or domain_of(before.sender_email) != sender.domain:",
        "if before is None:",
        (f"{_DESK}::test_a_sender_that_was_changed_during_the_look_up_is_not_verified",),
    ),
    Mutation(
        "previews-link-unsubscribes",
        "the link of a preview is not valid",
        f"{_NOTIFY}/preview/routes.py",
        "sender_for(shop, UNSIGNED, ctx.settings)",
        'sender_for(shop, __import__("notify.contacts.unsubscribe_token", fromlist=["x"]).token_for('
        '(who.shop, "preview", journey.channel), ctx.settings.unsubscribe_secret), ctx.settings)',
        ("tests/integration/notify/preview/test_preview.py::test_the_link_of_a_preview_unsubscribes_nobody",),
    ),
)
