"""From a recipe to a run on disk."""
