"""What one notebook alone uses: a room for each, `chNN`, with its exercises and its own panels, tables and helpers."""
