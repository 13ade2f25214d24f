"""Faces with labels: the embedded ones, and FER2013 in each of its formats."""
