"""The registry: one method is one use case and one transaction; every door calls these."""

from modelshelf.registry.handle import Registry, create_registry, open_registry

__all__ = ["Registry", "create_registry", "open_registry"]
