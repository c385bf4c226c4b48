"""What notebook 00 alone uses."""
