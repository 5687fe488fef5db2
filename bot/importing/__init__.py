"""Files of customers, orders, products and consents, read line by line into the database."""
