# shellcheck shell=bash disable=SC2154
# Sourced by the batch files beside it: one study that outlives the time limits of its job.
#
# At Slurm's notice (USR1) the study is stopped as by Ctrl-C: it writes its tables and exits with 130. The job then goes
# back into the queue, and its next start goes on from the last checkpoints. `scancel` sends TERM, which is left alone:
# a cancelled job stays cancelled.
#
# `launcher`: the words before the study's command that take it to its node.

if (($# < 2)); then
    echo "usage: sbatch FILE.sbatch STUDY_FOLDER EXPERIMENT.py [--data DATA] [...]" >&2
    exit 2
fi
# In a folder that has the study this resumes it, and grows it where the experiment or the arguments have.
study=(python -m study run "${@:2}" --out "$1")
process_file=$(mktemp)
noticed=false
stop_study() {
    noticed=true
    kill -INT "$(< "$process_file")" || true # it may have ended by itself just now
}
trap stop_study USR1

# With several nodes the study is no child of this script, so it writes down its process id, which `exec` keeps. Waited
# for in the background, since bash handles signals only between commands.
"${launcher[@]}" bash -c 'echo $$ > "$1" && exec "${@:2}"' study "$process_file" "${study[@]}" &
status=0
wait $! || status=$?
if $noticed; then # the notice ended that wait, not the study
    status=0
    wait $! || status=$?
fi

if [[ ! -s $process_file ]]; then # Ray's launcher ends with 0 even where Ray could not start
    echo "The study was not started: the lines above say why." >&2
    exit 1
fi
rm "$process_file"
if $noticed && ((status == 130)); then
    scontrol requeue "$SLURM_JOB_ID"
fi
exit "$status"
