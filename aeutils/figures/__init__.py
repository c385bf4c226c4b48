"""Figures: functions from arrays to a `Picture`, a matplotlib figure that carries its own alt text.

Nothing here shows anything or keeps pyplot state: a notebook shows the picture that a cell ends in. `look` holds the
one palette and how an image is drawn; `images`, `charts`, `maps` and `networks` draw; `doors` refuses what cannot be
drawn, with one line.
"""

from aeutils.figures.charts import bars, heat_map, lines, series, trade_off, training_curves
from aeutils.figures.images import digits, pixel_maps
from aeutils.figures.look import CLASS_COLOURS, GREY, STYLES, Picture, new_picture, styles
from aeutils.figures.maps import code_map, code_maps, label_points
from aeutils.figures.networks import layer_widths

__all__ = [
    "CLASS_COLOURS",
    "GREY",
    "STYLES",
    "Picture",
    "bars",
    "code_map",
    "code_maps",
    "digits",
    "heat_map",
    "label_points",
    "layer_widths",
    "lines",
    "new_picture",
    "pixel_maps",
    "series",
    "styles",
    "trade_off",
    "training_curves",
]
