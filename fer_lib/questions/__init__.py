"""The six questions: numbers only, a module a page."""
