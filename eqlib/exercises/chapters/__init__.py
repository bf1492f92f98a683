"""The exercises of the book, a module for each chapter, named as its notebook is."""
