"""When the occasions of a customer come, and why they give nothing if they do not."""
