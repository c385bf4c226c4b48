"""What `tools/offline_kit.py` makes a kit for a stick with, and what the kit itself starts with (`start.py`)."""
