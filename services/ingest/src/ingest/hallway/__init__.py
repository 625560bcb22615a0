"""What every door leads to: history, profiles, waiting refunds, quarantine and outbox, in one transaction."""
