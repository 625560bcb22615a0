"""What will happen to a customer's points if nothing happens, and what an order of now would change."""
