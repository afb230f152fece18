"""What is to be done: experiments, trials, searches, early stopping, scale, and estimates of cost. Uses no Ray."""
