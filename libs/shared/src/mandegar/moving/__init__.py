"""Moving a shop from one installation into another: its records on the topics, its rows, and the proof of its state."""
