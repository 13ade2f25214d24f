"""The networks, and the integer arithmetic of their shapes."""
