"""Model versions: registering, naming, amending, comparing and checking them out."""
