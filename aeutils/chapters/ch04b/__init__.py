"""What notebook 04b alone uses."""
