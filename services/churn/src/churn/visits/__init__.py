"""How often and how lately a customer visited the shop, from the interactions that are counted anyway."""
