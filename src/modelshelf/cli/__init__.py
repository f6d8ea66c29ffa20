"""The command line: it parses, calls one method of the registry, and shows the answer."""
