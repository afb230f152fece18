"""Everything that touches Ray. The first line of each file says in which process it runs."""
