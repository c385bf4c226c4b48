"""What notebook 07b alone uses."""
