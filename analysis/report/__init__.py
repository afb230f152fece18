"""The files and texts that a reader gets: the HTML page, its tables, the paper's tables, pictures."""
