"""Training: settings, frame schedules, objectives, recipes, the loop, its checkpoints, retrofit.

settings         everything a run depends on except the videos; contains the next three
frame_schedule   step -> the frame counts trained in it
objectives       the loss of a step over its sequences
recipe           sampling, crops, parameter groups, clipping: paper, released code, earlier reproduction
loop             a run; uses totals (loss and accuracy), optimisation (SGD, AdamW), weight_ema
checkpoint       the files of a run; opened_checkpoint also reads those of other projects
retrofit         the network at the start of a run: new, or a trained one with frame counts added

No code here depends on trials, studies or Ray.
"""
