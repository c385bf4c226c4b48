"""What is known about the collection as a whole: its notebooks, and what they say to the article."""
