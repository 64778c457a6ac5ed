#!/bin/bash
# Slurm: sbatch minir1/launch/slurm.sh h800_8 --out /shared/runs/h800_8
# One task a machine; torchrun starts one process a GPU. Twenty minutes before the time is up,
# Slurm signals: the run saves, leaves stopped.json, and is put into the queue again.
# Take it all down:  scancel --name minir1
#SBATCH --job-name=minir1
#SBATCH --nodes=1
#SBATCH --ntasks-per-node=1
#SBATCH --gpus-per-node=8
#SBATCH --cpus-per-task=64
#SBATCH --mem=0
#SBATCH --time=24:00:00
#SBATCH --signal=B:USR1@1200
#SBATCH --requeue
#SBATCH --open-mode=append
#SBATCH --output=minir1-%j.log
set -euo pipefail

if [ "$#" -eq 0 ]; then
    echo "usage: sbatch slurm.sh RECIPE [OPTIONS of minir1 run]" >&2
    exit 2
fi
python=python
if [ -x .venv/bin/python ]; then # a job starts in the folder from which it was sent
    python=.venv/bin/python
fi
MASTER_ADDR=$(scontrol show hostnames "$SLURM_JOB_NODELIST" | head -n 1)
export MASTER_ADDR
echo "minir1: to end this job and its bill: scancel $SLURM_JOB_ID"

requeue() {
    echo "minir1: the time is nearly up; saving"
    scancel --signal=USR1 "$SLURM_JOB_ID" # to the processes of srun, not to this script
    wait "$step" || true
    scontrol requeue "$SLURM_JOB_ID"
    exit 0
}

# srun does not take the number of cores over from sbatch (Slurm 22.05): said again.
srun --cpus-per-task="$SLURM_CPUS_PER_TASK" --kill-on-bad-exit=1 \
    "$python" -m minir1.launch "$@" &
step=$!
trap requeue USR1
wait "$step"
