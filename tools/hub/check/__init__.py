"""A class that is pretended, on a hub that really runs: `make hub-check`."""
