"""Turns an experiment into trials (Ray Tune), a trial into a training run (Ray Train), and both into tables."""
