"""What notebook 06b alone uses."""
