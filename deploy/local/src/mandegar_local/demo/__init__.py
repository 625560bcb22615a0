"""`make demo`: a real order log of eighteen months through the whole house, and what every service says of it."""
