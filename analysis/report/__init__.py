"""The outputs: the HTML page and its tables, the paper's tables, comparisons of studies, pictures."""
