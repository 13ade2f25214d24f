"""The book as a product: its Sphinx extension, its API pages, its downloads, its print."""
