"""The words and rules of the registry: values and pure functions, without I/O or clock."""
