"""How a field is answered: rows in, rows out."""
