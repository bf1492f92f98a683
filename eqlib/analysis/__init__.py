"""Looking at systems, from outside and from inside."""
