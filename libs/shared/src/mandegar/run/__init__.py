"""A service as one supervised process, and what keeps its database and its memory in shape."""
