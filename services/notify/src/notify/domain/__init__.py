"""What may be sent to whom and when: rules over values, without clock, database or network."""
