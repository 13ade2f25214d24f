"""fer_lib: train two facial-expression CNNs and look into them.

The rooms, from the bottom up; each imports only from those below it:
data, networks, training, answers, plots, then `report`, `explore` and the command line.
"""
