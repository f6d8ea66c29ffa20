"""Core ML models: what they describe, and the programs and networks in them."""
