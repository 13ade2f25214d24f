"""Faces drawn from facial action units."""
