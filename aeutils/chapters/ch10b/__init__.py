"""What notebook 10b alone uses."""
