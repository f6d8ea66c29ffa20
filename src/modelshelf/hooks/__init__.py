"""What is told to the outside: commands that are run, events that are delivered."""
