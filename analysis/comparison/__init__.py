"""What the tables show: arms against each other, by frame count, class and setting. Numbers only, no words."""
