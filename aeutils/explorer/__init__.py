"""The latent-space explorer: a trained network travels to the browser as data, and the picture follows the hand.

`explore(model, images)` is all that a notebook needs. The Python face (`widget.py`) gathers what the browser must know;
the browser's body (`body/*.js`, plain ES modules) evaluates the network itself, in a notebook and in a page of its own.
"""

from aeutils.explorer.film import Film
from aeutils.explorer.widget import Explorer, explore

__all__ = ["Explorer", "Film", "explore"]
