"""Orders that have left the row of their customer, because most batches read and write that row whole."""
