"""Opens what wraps other files, zip and compressed streams, within fixed limits."""
