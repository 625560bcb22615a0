"""Guards of what is published: nothing that says who somebody is."""

from mutants.mutation import Mutation

_LIBRARY = "libs/shared/src/mandegar"
_INGEST = "services/ingest/src/ingest"
_IDENTITY = f"{_LIBRARY}/events/identity.py"
_DOMAIN = f"{_INGEST}/domain"
_OF_IDS = "tests/unit/shared/events/test_identity.py"
_ACTS = "tests/unit/ingest/domain/test_acts.py"
_ATTRIBUTES = "tests/unit/ingest/domain/test_attributes.py"
_SOURCES = "tests/integration/ingest/sources/test_sources.py"
_PLANTED = "tests/integration/ingest/doors/test_nothing_personal.py"
_READS = "tests/integration/shared/web/test_published_ids.py"

MUTATIONS = (
    Mutation(
        "a-phone-number-looks-like-an-id",
        "nine digits in a row look like no id",
        _IDENTITY,
        "or _LONG_NUMBER.search(text) is None or",
        "or True or",
        (f"{_OF_IDS}::test_every_other_text_becomes_a_hash",),
    ),
    Mutation(
        "a-number-dialled-from-abroad-is-published-as-sent",
        "digits that may be a phone number are a hash, also for shops whose ids are published as sent",
        _IDENTITY,
        'r"00[1-9]\\d{7,14}"',
        'r"00[1-9]\\d{17}"',
        (f"{_OF_IDS}::test_digits_in_the_shape_of_a_phone_number_of_another_country_are_never_published_as_sent",),
    ),
    Mutation(
        "hyphens-hide-a-phone-number",
        "nine digits in a row, with hyphens between them",
        _IDENTITY,
        'r"(?<![0-9])[0-9](?:[_-]*+[0-9]){8}"',
        'r"[0-9]{9}"',
        (f"{_OF_IDS}::test_every_other_text_becomes_a_hash",),
    ),
    Mutation(
        "digits-alone-count-as-drawn",
        "a number that a machine draws has a letter",
        _IDENTITY,
        "(?=[0-9-]*[a-f])",
        "",
        (f"{_OF_IDS}::test_every_other_text_becomes_a_hash",),
    ),
    Mutation(
        "a-hash-is-hashed-again",
        "what is published stays the same",
        _IDENTITY,
        'if form == "hash_all" and _HASH.fullmatch(canonical) is None:',
        'if form == "hash_all":',
        (f"{_OF_IDS}::test_a_shop_can_have_every_id_hashed_but_those_of_browsers_and_what_is_a_hash",),
    ),
    Mutation(
        "a-hash-without-the-key",
        "nobody can compute whose hash it is",
        _IDENTITY,
        'hmac.new(key, f"{shop}|id|{text}".encode(), sha256)',
        'hmac.new(b"", f"{shop}|id|{text}".encode(), sha256)',
        (f"{_OF_IDS}::test_a_hash_depends_on_shop_and_key_and_is_no_guests",),
    ),
    Mutation(
        "an-odd-customer-id-is-published",
        "ids of customers are published as hashes",
        f"{_DOMAIN}/customer_ids.py",
        "        return _cached_published(raw, form or shop.customer_ids, shop.id, key)\n",
        '        return _cached_published(raw, "as_sent", shop.id, key)\n',
        (f"{_PLANTED}::test_nothing_that_says_who_somebody_is_reaches_a_topic_that_lasts",),
    ),
    Mutation(
        "an-odd-browser-id-is-published",
        "ids of browsers are published as hashes",
        f"{_DOMAIN}/customer_ids.py",
        "    return published_customer_id(ANONYMOUS_PREFIX + anonymous, shop.customer_ids, shop=shop.id, key=key)\n",
        "    return ANONYMOUS_PREFIX + anonymous\n",
        (f"{_PLANTED}::test_nothing_that_says_who_somebody_is_reaches_a_topic_that_lasts",),
    ),
    Mutation(
        "an-odd-order-id-is-published",
        "ids of orders and refunds are published as hashes",
        "libs/shared/src/mandegar/events/identity.py",
        '    return plain if form == "as_sent" else opaque_word(plain, shop=shop, key=key)\n',
        "    return plain\n",
        (f"{_ACTS}::test_an_order_and_what_happens_to_it_name_one_id",),
    ),
    Mutation(
        "orders-from-before-get-other-ids",
        "a shop from before goes on naming its orders as it did",
        "libs/shared/src/mandegar/events/identity.py",
        '    return plain if form == "as_sent" else opaque_word(plain, shop=shop, key=key)\n',
        "    return opaque_word(plain, shop=shop, key=key)\n",
        (f"{_ACTS}::test_a_shop_from_before_goes_on_naming_its_orders_as_it_did",),
    ),
    Mutation(
        "a-label-is-published-as-it-is",
        "labels are published as hashes",
        f"{_DOMAIN}/act_words.py",
        "    return names.word(word)\n",
        "    return word\n",
        (f"{_ACTS}::test_a_word_that_does_not_look_like_an_id_is_hashed",),
    ),
    Mutation(
        "an-attribute-that-nobody-declared-is-published",
        "attributes leave under declared names alone",
        f"{_DOMAIN}/patches.py",
        "            published = None if type_ is None else attributes.published_value(text, type_)\n",
        "            published = text if type_ is None else attributes.published_value(text, type_)\n",
        (f"{_ATTRIBUTES}::test_an_attribute_that_is_not_declared_stays_in_the_history_and_is_named",),
    ),
    Mutation(
        "an-attribute-from-before-is-published",
        "what was stored under other settings is published no more",
        f"{_DOMAIN}/profile.py",
        "        and (published := published_value(text, type_)) is not None\n",
        "        and (published := text) is not None\n",
        (f"{_ATTRIBUTES}::test_what_was_stored_under_other_settings_is_published_no_more",),
    ),
    Mutation(
        "a-number-of-any-length-is-published",
        "a number has no more digits than one of no phone",
        f"{_DOMAIN}/attributes.py",
        '    if len(digits.rstrip("0")) > DIGITS_MAX:\n',
        "    if False:\n",
        (f"{_ATTRIBUTES}::test_a_value_is_published_if_it_is_of_the_type",),
    ),
    Mutation(
        "the-form-of-ids-changes-under-its-events",
        "the form of ids is fixed once there are events",
        f"{_INGEST}/desk/shops/put.py",
        'if before.customer_ids != settings["customer_ids"] and await any_event(connection, shop):',
        "if False:",
        (f"{_SOURCES}::test_how_ids_are_published_is_fixed_once_there_are_events_and_stays_if_it_is_left_out",),
    ),
    Mutation(
        "an-old-shop-becomes-one-with-pseudonyms",
        "a setting that is left out stays",
        f"{_INGEST}/desk/shops/put.py",
        '"pseudonyms" if before is None else before.customer_ids',
        '"pseudonyms"',
        (f"{_SOURCES}::test_how_ids_are_published_is_fixed_once_there_are_events_and_stays_if_it_is_left_out",),
    ),
    Mutation(
        "a-read-knows-one-form-of-an-id",
        "reads take the shop's own id",
        f"{_LIBRARY}/service/id_forms.py",
        "        return published_customer_id(canonical, await self.form_of(shop), shop=shop, key=self._key)\n",
        "        return canonical\n",
        (f"{_READS}::test_a_customer_is_found_by_the_shops_own_id_and_by_the_stored_one",),
    ),
)
