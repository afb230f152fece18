"""Everything that touches Ray: one Tune run over the trials, each trial a Ray Train run inside it.

The first line of each file says in which process it runs:

- the study's driver: ``python -m study`` itself, and Tune's controller and callbacks in it;
- Tune's trial process, one per running trial: Train's controller, Ray's own code, runs in it, passes
  ``train_worker.work`` to the workers, restarts lost ones and reports to Tune;
- Train's workers, one or several per running trial: they train and evaluate;
- the early-stopping actor, one per study that stops trials early.

The workers write all results into the study's folder; Tune's and Train's own records serve their dashboards and
schedulers only. So nothing depends on Ray's histories, which a restore can lose.

Only the workers and the study's driver load torch: in the trial process and the early-stopping actor it would cost half
a gigabyte and seconds at the start. So these two handle plain values only, and the files that they import do not import
torch.

What is not Ray's public interface stands in ``ray_internals``, and nowhere else.
"""
