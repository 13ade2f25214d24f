"""The second evening: studies that doubt the answers, a module each."""
