"""The figures of a shop by a dimension: which part of it each customer belongs to, and sums of what parts count for."""
