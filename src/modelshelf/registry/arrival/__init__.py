"""One arrival: store or adopt the bytes, look into them, and read what travels with them."""
