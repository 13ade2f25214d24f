"""What Sphinx needs to render the book."""
