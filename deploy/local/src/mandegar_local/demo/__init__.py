"""`make demo`: posts a real order log of eighteen months to the stack and shows the results of every service."""
