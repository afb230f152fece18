"""Everything that touches Ray: one Tune run over the trials, each trial an inner Ray Train run.

The first line of each file says in which process it runs:

- the study's driver: ``python -m study`` itself, and Tune's controller and callbacks in it;
- Tune's trial process, one per running trial: it starts the trial's Train run and waits;
- Train's controller, one per running trial: Ray's own code, which hands ``train_worker.work`` on to the workers;
- Train's workers, one or several per running trial: they train and evaluate;
- the early-stopping actor, one per study that wants it.

Whatever counts is written by the workers into the study's folder; what Tune and Train keep serves their dashboards and
schedulers. So nothing depends on Ray's own histories, which a restore can lose.

Only the workers and the study's driver load torch: in each trial's two other processes it would cost half a gigabyte
and seconds of start. So these two handle plain values alone, and the files that they import do not import torch.

What is not Ray's public interface stands in ``ray_internals``, and nowhere else.
"""
