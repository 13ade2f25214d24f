"""The commands: a dataclass each, whose fields are its options and whose call does it.

Plots, studies and the book are imported when they are asked for: help and mistakes do not wait.
"""
