"""What notebook 09 alone uses: its exercises, tuned filters, measures of pictures, a field of arrows, its table."""
