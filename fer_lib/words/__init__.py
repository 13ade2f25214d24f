"""Sentences with branches, a module a page: values in, words out."""
