"""Jobs that shops ask for and a child process computes for minutes: their way from the request to the result."""
