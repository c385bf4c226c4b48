"""What the cookbook alone uses."""
