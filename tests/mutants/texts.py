"""Guards against texts from outside: addresses, numbers and documents."""

from mutants.mutation import Mutation

_LIBRARY = "libs/shared/src/mandegar"

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
)
