"""Jobs that shops ask for and a child process computes for minutes: asked, claimed, told of, cancelled, given up."""
