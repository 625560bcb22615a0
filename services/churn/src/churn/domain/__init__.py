"""The statistics of a customer, and what follows from them. Pure: time is an argument, nothing here does I/O."""
