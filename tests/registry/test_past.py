"""The registry as it was: every question at an earlier entry answers what was true then."""
