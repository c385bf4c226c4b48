"""What notebook 09b alone uses."""
