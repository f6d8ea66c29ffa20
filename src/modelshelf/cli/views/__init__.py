"""How answers are shown to people: values in, lines of text out."""
