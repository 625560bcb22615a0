"""How likely a customer is to buy again: their rhythm, the numbers of a version, and the score that both give."""
