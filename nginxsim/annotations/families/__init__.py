"""One module a family: its rows of the annotation table and the parser that reads them together."""
