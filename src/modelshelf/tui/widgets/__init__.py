"""What the screens are put together from; a widget knows nothing of the registry."""
