"""No text, number or wrong type from outside gets through the registry unmannered."""
