#!/bin/bash
# vLLM as the sampler of a run. It pins another torch, so it has an environment of its own:
#   python3 -m venv vllm-env && vllm-env/bin/pip install vllm==0.33.0
#   PATH="$PWD/vllm-env/bin:$PATH" bash minir1/launch/vllm.sh MODEL [options of vllm serve]
# then, where the trainer is:
#   minir1 run gpu_1 --model Qwen/Qwen3-0.6B-Base --rollout.server http://127.0.0.1:8000
# On the trainer's own GPU it must leave room: --gpu-memory-utilization 0.3 (its own default takes
# nearly all); on a machine with two, CUDA_VISIBLE_DEVICES=1 before it and 0 before the trainer.
# MODEL is the run's base (an id or a folder), or the folder that the run names when it finds no
# server. Both sides must see the run's folder at the same path, or another one: --rollout.folder.
#
# Whoever reaches this port commands the machine: the routes that reload weights are vLLM's for
# developers. So it listens on this machine alone; HOST=10.0.0.5 opens it to a private network.
# A model with multi-head latent attention whose latent and rope have another width than 320, 512
# or 576 together needs VLLM_MLA_DISABLE=1, or --attention-backend TRITON_MLA.
# Not run yet.
set -euo pipefail

if [ "$#" -eq 0 ]; then
    echo "usage: vllm.sh MODEL [options of vllm serve]" >&2
    exit 2
fi
if ! command -v vllm >/dev/null; then
    echo "vllm.sh: there is no vllm on the PATH: see the first lines of this file" >&2
    exit 2
fi
model=$1
shift
replay=()
if [ -f "$model/config.json" ] && grep -qE '"(n_routed_experts|num_experts)"' "$model/config.json"; then
    replay=(--enable-return-routed-experts) # of a model from the hub: give the option yourself
fi
export VLLM_SERVER_DEV_MODE=1
# processed_logprobs: of the distribution that is sampled from, its temperature included.
# generation-config vllm: nothing that the checkpoint would like, such as a top_p of its own.
exec vllm serve "$model" \
    --host "${HOST:-127.0.0.1}" --port "${PORT:-8000}" \
    --dtype bfloat16 \
    --logprobs-mode processed_logprobs \
    --generation-config vllm \
    ${replay[@]+"${replay[@]}"} "$@"
