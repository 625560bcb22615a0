"""What will happen with a customer if nothing happens: bands by the score, points and tier as loyalty has warned."""
