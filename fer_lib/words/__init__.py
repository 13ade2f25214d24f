"""The sentences of the pages that have to choose their words; nothing else."""
