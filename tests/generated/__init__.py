"""Documents that are generated from the code. A test compares them with what stands in the repository."""
