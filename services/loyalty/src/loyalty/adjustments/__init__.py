"""Points and credit that staff gives or takes, above an amount with a second person."""
