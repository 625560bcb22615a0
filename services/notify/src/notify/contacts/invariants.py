"""The invariants of contacts, for tests and for ``python -m notify check``."""

INVARIANTS = {
    "an alias holds nothing: its root has taken it over": """
        SELECT shop, customer_id FROM customers
        WHERE merged_into IS NOT NULL AND (
            greatest(contact_version, profile_version, points_version, band_left_version) > 0
            OR num_nonnulls(email, phone, name, email_since, phone_since, locale, zone, points, tier, last_paid_at) > 0
            OR shop_consents <> '{}' OR own_consents <> '{}') LIMIT $1
    """,
}
