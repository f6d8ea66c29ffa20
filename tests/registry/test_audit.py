"""The audit log as a person reads it: filters, single entries, verification."""
