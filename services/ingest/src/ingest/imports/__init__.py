"""Moving in: files of customers, orders, points and messages become events of the shop, part by part."""
