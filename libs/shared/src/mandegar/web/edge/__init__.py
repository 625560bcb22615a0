"""The edge of a process: what a caller may take of it in bytes, time, connections and attempts, known or not."""
