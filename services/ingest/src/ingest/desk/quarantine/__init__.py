"""Events that could not be accepted as they were: read, repaired and released, or dropped."""
