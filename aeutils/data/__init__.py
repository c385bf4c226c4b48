"""`load(name)`: real data as tensors, split into training, validation and test examples.

`kinds` says what data are, `sources` which there are (one file each), `root` where they live. `folder` reads the
reader's own pictures.
"""

from aeutils.data.folder import load_folder
from aeutils.data.kinds import Images, Split, check_examples, check_held, check_images, is_loader
from aeutils.data.mnist import torchvision_datasets
from aeutils.data.root import data_root
from aeutils.data.sources import NAMES, load

__all__ = [
    "NAMES",
    "Images",
    "Split",
    "check_examples",
    "check_held",
    "check_images",
    "data_root",
    "is_loader",
    "load",
    "load_folder",
    "torchvision_datasets",
]
