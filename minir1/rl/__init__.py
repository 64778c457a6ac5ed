"""RL with verifiable rewards, as mathematics: no files, no processes, no progress bars.

One step, in the order in which it is best read:

    types.py          the nouns: a rollout, a group of them, the batch that the loss sees
    sampling.py       one token is drawn; who shares its batch doesn't matter
    rollout.py        prompts in, rollouts out
    groups.py         several rollouts a prompt, judged and paid
    advantage.py      what a group makes of its rewards: GRPO's whole idea in a page
    batch.py          groups become a batch, and each token gets its weight
    logprobs.py       how likely the policy is to write the same tokens now
    loss.py           the ratio, the clip and the KL term
    update.py         the gradient of a batch, one step of the optimizer
    seen.py           the numbers that an update leaves
    step.py           all of it: groups in, an updated policy out
    behaviour.py      what the rollouts did: rewards, lengths, checks

The same numbers for less, each beside the file that it speeds up:

    prefill.py        prompts are read once                        rollout.py
    compiled.py       a decode step as one program                 rollout.py
    tree.py           rows that begin alike are computed once      update.py
    packing.py        micro-batches of like cost                   update.py
    parallel.py       several cores, several processes             update.py

And what other lessons need:

    importance.py     another engine samples
    forcing.py        thinking on a budget
    reward_model.py   what readers like
    distillation.py   a teacher's probabilities
    ahead.py          several tokens ahead, for the base
"""
