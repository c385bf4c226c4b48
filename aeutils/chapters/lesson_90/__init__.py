"""What the notebook lesson_90 alone uses."""
