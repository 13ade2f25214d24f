"""The commands: a dataclass each, whose fields are its options and whose call does it.

What a command needs is imported when it runs, so that help and mistakes are told at once.
"""
