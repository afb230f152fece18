"""Training: settings, frame schedules, objectives, recipes, the loop, its checkpoints, retrofit.

settings         everything that a run depends on except the videos; it holds the next three
frame_schedule   step -> the frame counts trained in it
objectives       what a step minimises over its sequences
recipe           how clips are drawn and gradients applied: paper, released code, earlier reproduction
loop             a run; it uses totals (loss and accuracy), optimisation (SGD), weight_ema
checkpoint       the files of a run; opened_checkpoint reads those of other projects too
retrofit         the network at the start of a run: new, or a trained TSM to which frame counts are added

Nothing here knows trials, studies or Ray.
"""
