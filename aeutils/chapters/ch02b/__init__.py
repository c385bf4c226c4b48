"""What notebook 02b alone uses."""
