"""What notebook 05b alone uses."""
