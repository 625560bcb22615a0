"""How satisfied customers say they are: their answers to surveys, and what these count for."""
