"""What notebook 07 alone uses."""
