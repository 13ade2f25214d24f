"""Drawing only: arrays in, matplotlib Axes out, a module a question."""
