"""What a customer does besides buying, as the score reads it: visits, and what they were glad or unhappy of."""
