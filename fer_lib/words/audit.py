"""The audit of a data set in words: for its page, and for `fer-lib data`."""

from fer_lib.data.near_duplicates import LOOKED_FOR
from fer_lib.formatting import percent
from fer_lib.studies.audit import Audit


def protocol(audit: Audit) -> str:
    """Which images are trained on, chosen on and scored on."""
    train, validation, test = (f"{n:,}" for n in audit.splits["all"])
    scored = f"and {test} to score once, at the end" if test != "0" else "and no test split"
    images = f"{train} images to train on, {validation} to choose on, {scored}"
    return f'The set "{audit.name}" holds {images}.'


def findings(audit: Audit) -> str:
    """What is wrong."""
    total, pairs = audit.splits.sum(), audit.pairs.sum()
    conflicting = pairs["identical_conflicting"] + pairs["near_conflicting"]
    sentences = [
        f"Of {total['all']:,} images, {_count(total['blank'])} are blank and "
        f"{_count(total['flat'])} nearly so.",
        f"{_count(pairs['identical'], 'No')} pairs are identical pixel by pixel, "
        f"{_count(pairs['near'])} are near-duplicates (one photograph, perhaps {LOOKED_FOR}), and "
        f"{_count(conflicting)} of these pairs carry two different labels.",
    ]
    for other in ("validation", "test"):
        if (row := f"train – {other}") in audit.pairs.index:
            images, of = audit.pairs.loc[row, "images"], audit.splits.loc[other, "all"]
            some = f"{_count(images)} ({percent(images / of)})" if images else "none"
            sentences.append(
                f"Of the {of:,} {other} images, {some} have a near-duplicate in train."
            )
    return " ".join(sentences)


def _count(count: int, nothing: str = "none") -> str:
    return f"{count:,}" if count else nothing


def plain_report(audit: Audit) -> str:
    """The whole audit as plain text."""
    hashes = "\n".join(f"{name:<11}{digest}" for name, digest in audit.fingerprints.items())
    return "\n\n".join([
        protocol(audit),
        *audit.notes,
        f"SHA-256 of each split\n{hashes}",
        f"Images\n{audit.splits.T.to_string()}",
        f"Pairs of one photograph\n{audit.pairs.T.to_string()}",
        f"Grey levels\n{audit.brightness.round(1).to_string()}",
        findings(audit),
    ])  # fmt: skip
