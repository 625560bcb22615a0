"""What an order would give a customer, under the rules of the shop or under others: nothing is written."""
