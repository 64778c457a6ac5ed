#!/bin/bash
# Slurm: sbatch minir1/launch/slurm.sh h800_8 --out /shared/runs/h800_8
# One task a machine; torchrun starts one process a GPU. Five minutes before the time is up,
# Slurm signals: the run saves, leaves stopped.json, and is put into the queue again.
# Take it all down:  scancel --name minir1
#SBATCH --job-name=minir1
#SBATCH --nodes=1
#SBATCH --ntasks-per-node=1
#SBATCH --gpus-per-node=8
#SBATCH --cpus-per-task=64
#SBATCH --time=24:00:00
#SBATCH --signal=B:USR1@300
#SBATCH --requeue
#SBATCH --open-mode=append
#SBATCH --output=minir1-%j.log
set -euo pipefail

if [ "$#" -eq 0 ]; then
    echo "usage: sbatch slurm.sh RECIPE [OPTIONS of minir1 run]" >&2
    exit 2
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

srun --kill-on-bad-exit=1 python -m minir1.launch "$@" &
step=$!
trap requeue USR1
wait "$step"
