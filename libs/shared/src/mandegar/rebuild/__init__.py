"""A service's state, made again from the topics in an empty database; and topics read a second time."""
