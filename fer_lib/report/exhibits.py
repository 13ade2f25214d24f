"""What answers back on a page: the data with which a script takes the place of a picture.

A cell shows a picture and ends with an exhibit. The scripts, book/_static/exhibit*.js, need no
network; paper, JupyterLab and a browser without JavaScript show the picture.
"""

import json
from typing import Any

from IPython.display import HTML


def exhibit(name: str, /, **data: Any) -> HTML:
    """The data of the exhibit in `exhibit_<name>.js`, whatever json can hold, for its page."""
    # no text within can end the script
    text = json.dumps(data, ensure_ascii=False, separators=(",", ":")).replace("<", "\\u003c")
    return HTML(f'<script type="application/json" data-exhibit="{name}">{text}</script>')
