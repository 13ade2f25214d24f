"""Executes the pages and renders the book."""
