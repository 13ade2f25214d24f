"""Action units: what a face can do, and which of them an expression's prototype holds.

Numbers and names are FACS's own: Ekman, Friesen and Hager, *Facial Action Coding System* (2002).
The prototypes follow its EMFACS tables (1978, Table 11-1; Investigator's Guide 2002, Table 10-1),
as publications repeat them, with the variants they list. They say how an expression is posed, not
what a person feels: Barrett et al., *Emotional Expressions Reconsidered* (2019),
https://doi.org/10.1177/1529100619832930.
"""

# every unit that a prototype below has, and no other
UNITS = {
    1: "inner brow raiser",
    2: "outer brow raiser",
    4: "brow lowerer",
    5: "upper lid raiser",
    6: "cheek raiser",
    7: "lid tightener",
    9: "nose wrinkler",
    10: "upper lip raiser",
    12: "lip corner puller",
    15: "lip corner depressor",
    16: "lower lip depressor",
    17: "chin raiser",
    20: "lip stretcher",
    23: "lip tightener",
    24: "lip pressor",
    25: "lips part",
    26: "jaw drop",
    27: "mouth stretch",
}

# Expression → variants, each {unit: strength when the expression is full}. A variant is drawn with
# equal chance. FACS letters run from A (trace) to E (maximum): B is 0.4 here, D 0.8, E 1.
PROTOTYPES: dict[str, tuple[dict[int, float], ...]] = {
    "angry": (
        {4: 1, 5: 0.6, 7: 0.8, 23: 1},
        {4: 1, 5: 0.6, 7: 0.8, 17: 0.8, 24: 1},
        {4: 1, 5: 0.6, 7: 0.8, 10: 0.6, 23: 0.6, 25: 1, 26: 0.6},
        {4: 1, 7: 0.8, 10: 1, 25: 1, 27: 0.6},
    ),
    "disgust": (
        {9: 1, 15: 0.6, 16: 0.8},
        {9: 1, 17: 0.8},
        {10: 1, 17: 0.8},
        {9: 0.8, 10: 1, 16: 0.8, 25: 0.8, 26: 0.4},
    ),
    "fear": (
        {1: 1, 2: 0.6, 4: 0.6, 5: 1, 20: 1, 25: 0.8},
        {1: 1, 2: 0.6, 4: 0.6, 5: 1, 7: 0.4, 20: 1, 26: 0.8},
        {1: 1, 2: 0.6, 4: 0.6, 5: 1, 20: 0.6, 27: 0.8},
    ),
    "happy": (
        {6: 0.8, 12: 1},
        {6: 0.8, 12: 1, 25: 1},
        {6: 1, 12: 1, 25: 1},
        {6: 1, 12: 1, 25: 1, 26: 0.6},
    ),
    "sad": (
        {1: 1, 4: 0.6, 15: 1},
        {1: 1, 4: 0.6, 15: 0.8, 17: 0.8},
        {6: 0.6, 15: 1},
        {1: 1, 4: 0.8, 15: 0.8, 25: 0.6},
    ),
    "surprise": (
        {1: 1, 2: 1, 5: 0.4, 26: 1},
        {1: 1, 2: 1, 5: 0.6, 27: 1},
        {1: 1, 2: 1, 26: 0.8},
        {5: 0.6, 26: 1},
    ),
    # a variant without a unit, so that a neutral face is drawn like any other
    "neutral": ({},),
}
