"""The speed of each part, compared with a plain baseline on the same machine.

Each of data, step, memory, evaluation, growth, feeding, long_file, compiling and overhead has a function ``measure``,
which yields its tables, and ``__main__`` runs them. Baselines are in baselines, videos and random clips in inputs,
paired repeats and tables in measure, the device's time and best rates in device.
"""
