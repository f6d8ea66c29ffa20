"""The commands, a module for each family, imported when one of its commands is called."""
