"""From a journey's template and a customer's facts to the text that goes out, in the customer's language."""
