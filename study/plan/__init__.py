"""What a study does: experiments, trials, searches, early stopping, scale, and estimates of cost. No Ray."""
