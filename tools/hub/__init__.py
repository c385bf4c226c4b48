"""What `tools/class_hub.py` serves a class with: accounts, the start, a student's server, a watch, a check."""
