"""The report's plots: each is a function from the report's data to a Plot, tables and how to draw one of them."""
