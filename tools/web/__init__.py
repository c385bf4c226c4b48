"""What `tools/website.py` makes the site with: pages from notebooks, formulas, what is alive without a kernel."""
