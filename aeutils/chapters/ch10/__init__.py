"""What notebook 10 alone uses."""
