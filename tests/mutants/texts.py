"""Guards against texts from outside: addresses, numbers and documents."""

from mutants.mutation import Mutation

_LIBRARY = "libs/shared/src/mandegar"

_NUMBERS = ("tests/contract/test_document_numbers.py",)
_NODES = ("tests/unit/shared/documents/test_nodes.py",)
_ADDRESSES = ("tests/contract/test_addresses.py",)

MUTATIONS = (
    Mutation(
        "any-domain-is-taken",
        "a domain is a host name",
        f"{_LIBRARY}/events/addresses.py",
        "if not _DOMAIN.fullmatch(domain):",
        "if False:",
        _ADDRESSES,
    ),
    Mutation(
        "any-local-part-is-taken",
        "a local part is a dot-atom, with dots anywhere",
        f"{_LIBRARY}/events/addresses.py",
        'if not _DOTTED.fullmatch(local) or "=?" in local:',
        "if not _DOTTED.fullmatch(local):",
        _ADDRESSES,
    ),
    Mutation(
        "a-mail-is-sent-to-the-address-as-it-is-stored",
        "SMTP is told the form in ASCII",
        "services/notify/src/notify/channels/email/smtp.py",
        "to = parse_address(message.to).wire",
        "to = message.to if parse_address(message.to) else message.to",
        ("tests/unit/notify/channels/test_smtp_channel.py",),
    ),
    Mutation(
        "local-numbers-are-taken",
        "a phone number can be dialled from abroad",
        f"{_LIBRARY}/events/addresses.py",
        "if not possible or not _E164.fullmatch(phone):",
        "if not _E164.fullmatch(phone):",
        _ADDRESSES,
    ),
    Mutation(
        "numbers-that-nobody-has-are-contacts",
        "a contact's number is one of the numbering plan",
        f"{_LIBRARY}/events/addresses.py",
        "if not phonenumbers.is_valid_number(",
        "if False and not phonenumbers.is_valid_number(",
        _ADDRESSES,
    ),
    Mutation(
        "a-number-has-any-form",
        "the text of a number is bounded",
        f"{_LIBRARY}/quantities.py",
        "if not _DECIMAL.fullmatch(text):",
        "if not text.strip():",
        _NUMBERS,
    ),
    Mutation(
        "an-exponent-has-any-size",
        "exponents in stored documents are bounded",
        f"{_LIBRARY}/quantities.py",
        "if not isinstance(exponent, int) or abs(exponent) > _EXPONENT_MAX:",
        "if not isinstance(exponent, int):",
        ("tests/contract/test_document_numbers.py::test_a_text_is_a_number_exactly_if_it_is_written_in_few_digits",),
    ),
    Mutation(
        "a-programme-earns-any-number",
        "what an order earns can be stored",
        "services/loyalty/src/loyalty/programme/document/version_1.py",
        "if is_new(info) and self.earn.points",
        "if False and self.earn.points",
        _NUMBERS,
    ),
    Mutation(
        "an-order-earns-any-number",
        "what an order earns under a stored programme can be stored",
        "services/loyalty/src/loyalty/domain/programme.py",
        "return min(net * numerator // denominator, POINTS_MAX)",
        "return net * numerator // denominator",
        _NUMBERS,
    ),
    Mutation(
        "a-document-has-any-number-of-nodes",
        "composing stops at the first excess",
        f"{_LIBRARY}/documents/nodes.py",
        "if self._nodes > self._nodes_max:",
        "if False:",
        _NODES,
    ),
    Mutation(
        "a-withdrawn-version-rules",
        "a withdrawn version never takes effect",
        f"{_LIBRARY}/documents/rows.py",
        "WHERE shop = ANY($1::text[]) AND withdrawn_at IS NULL ORDER BY {key}, effective_from",
        "WHERE shop = ANY($1::text[]) ORDER BY {key}, effective_from",
        ("tests/integration/shared/documents/test_versions.py",),
    ),
    Mutation(
        "what-rules-is-withdrawn",
        "a version that has taken effect is withdrawn only if the service allows it",
        f"{_LIBRARY}/documents/versions.py",
        "if version.effective_from <= now and not (",
        "if version.effective_from <= now and False and not (",
        ("tests/integration/shared/documents/test_versions.py",),
    ),
    Mutation(
        "a-shop-stores-any-number-of-versions",
        "a shop stores a bounded number of versions",
        f"{_LIBRARY}/documents/versions.py",
        "if counts.stored >= kind.versions_max:",
        "if False:",
        ("tests/integration/shared/documents/test_versions.py",),
    ),
    Mutation(
        "a-shop-stores-versions-at-any-rate",
        "a shop stores a bounded number of versions in a day",
        f"{_LIBRARY}/documents/versions.py",
        "if counts.recent >= kind.per_day_max:",
        "if False:",
        ("tests/integration/shared/documents/test_versions.py",),
    ),
    Mutation(
        "an-unreadable-programme-refuses-events",
        "a programme that cannot be read stays out of force",
        "services/loyalty/src/loyalty/programme/document/reading.py",
        "    except InvalidDocument as error:",
        "    except InvalidDocument as error:\n        raise",
        ("tests/integration/loyalty/programme/test_routes.py",),
    ),
)
