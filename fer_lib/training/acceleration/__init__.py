"""What makes training fast; training works without it."""
