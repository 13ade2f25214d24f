"""What page 5 says in sentences that depend on the numbers."""

import pandas as pd

from fer_lib.drawn.action_units import UNITS
from fer_lib.formatting import listing, plural
from fer_lib.questions.filters import DUPLICATE, FOLLOWS, FilterCounts


def filters_answer(counts: FilterCounts, halves: pd.DataFrame) -> str:
    """The page's answer: what the clearest filters respond to, and what other faces confirm.

    `halves` is of `studies.filters_confirmed`.
    """
    clear = int(counts.clear.sum())
    if not clear:
        return (
            f"Of {plural(counts.filters, 'filter')} of the last convolution {counts.live} respond "
            "to some face, and none of them speaks clearly for one expression."
        )
    text = (
        f"Of {plural(counts.filters, 'filter')} of the last convolution **{clear} speak clearly "
        f"for one expression**, most often for {listing(counts.clear.index[:2])}."
    )
    if counts.units is not None and len(counts.units):
        most = [
            f"the {UNITS[unit]} (AU{unit}, {n} filters)"
            for unit, n in dict(counts.units.head(3)).items()
        ]
        text += (
            f" Another property: **{counts.units.sum()} follow one movement of the face**, most "
            f"often {listing(most)}; {counts.both} do both."
        )
    kinds = {"expression": "speak for an expression", "unit": "follow a movement"}
    parts = [
        f"{row['confirmed']:.0f} of {row['named']:.0f} that {kinds[str(kind)]}"
        for kind, row in halves.T.items()
    ]
    return (
        f"{text} Of the filters named on half of the faces, the other half confirms "
        f"{listing(parts)}."
    )


def filters_detail(counts: FilterCounts) -> str:
    """How many filters are dead, have a duplicate, or follow one action unit."""
    dead = counts.filters - counts.live
    text = (
        f"{plural(dead, 'filter')} of {counts.filters} respond{'s' * (dead == 1)} to no face. "
        f"{counts.duplicates or 'None'} {'has' if counts.duplicates < 2 else 'have'} a duplicate: "
        f"another filter whose response correlates with its own at {DUPLICATE:g} or more. "
        f"Of the {counts.climbed} that respond"
        f"{' and whose pattern was made' * (counts.climbed < counts.live)}, "
        f"{counts.beaten} are excited more by their own pattern than by any face. "
    )
    if counts.units is None:
        return text + "A photograph does not come with action units, so none is named here."
    return text + (
        f"{plural(int(counts.units.sum()), 'filter')} follow one action unit: removing it moves "
        f"them by {FOLLOWS:g} standard deviations or more, and at least twice as far as removing "
        "any other unit."
    )


def confirmed(trained: pd.DataFrame, untrained: pd.DataFrame) -> str:
    """Whether other faces say the same of a filter: tables of `studies.filters_confirmed`."""
    names = {"expression": "speak clearly for an expression", "unit": "follow an action unit"}
    parts = [
        f"{row['named']:.0f} filters {names[str(kind)]}, and {row['confirmed']:.0f} of them do so "
        "for the same one on the other half"
        for kind, row in trained.T.items()
    ]
    random = [
        f"{row['confirmed']:.0f} of {row['named']:.0f} that {names[str(kind)]}"
        for kind, row in untrained.T.items()
    ]
    return (
        f"On one half of these faces, drawn at random, {'; '.join(parts)}. In a network of the "
        f"same kind with random weights, where nothing was learned, the other half "
        f"confirms {listing(random)}."
    )
