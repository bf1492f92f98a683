"""What is trained for the book, how it is scored, and the file of results."""
