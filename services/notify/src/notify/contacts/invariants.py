"""The invariants of contacts, for tests and for ``python -m notify check``."""

INVARIANTS = {
    "an alias holds nothing: its root has taken it over": """
        SELECT shop, customer_id FROM customers
        WHERE merged_into IS NOT NULL AND (
            (erasure_version IS NULL
                AND greatest(contact_version, profile_version, points_version, band_left_version) > 0)
            OR num_nonnulls(email, phone, name, email_since, phone_since, locale, zone, points, tier, last_paid_at) > 0
            OR shop_consents <> '{}' OR own_consents <> '{}') LIMIT $1
    """,
    "of an erased customer nothing is kept but what was published after the erasure": """
        SELECT shop, customer_id FROM customers
        WHERE erased_at IS NOT NULL AND (num_nonnulls(points, tier, last_paid_at) > 0 OR own_consents <> '{}'
            OR (contact_version <= coalesce(erased_profile, contact_version) AND (shop_consents <> '{}'
                OR num_nonnulls(email, phone, name, email_since, phone_since, locale, zone) > 0))) LIMIT $1
    """,
}
