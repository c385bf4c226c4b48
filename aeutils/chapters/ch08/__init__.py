"""What notebook 08 alone uses."""
