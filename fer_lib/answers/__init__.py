"""What the pages compute, a module a question."""
