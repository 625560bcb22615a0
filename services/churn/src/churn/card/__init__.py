"""The customer card's own room: what other services say of a customer, beside the risk that churn computes."""
