"""Components for notebooks and for the pages of the book."""
