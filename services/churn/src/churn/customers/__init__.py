"""The statistics of each customer, kept up to date by events and by the passing of time."""
