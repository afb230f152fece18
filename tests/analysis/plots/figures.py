"""Helpers to look at a plot's figures."""


def first(plot):
    return next(iter(plot.views.values()))


def named(figure, name):
    return next(trace for trace in figure.data if trace.name == name)


def names(figure):
    return [trace.name for trace in figure.data]
