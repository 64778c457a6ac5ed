"""The stages of R1, one file each, and what is left when they are done.

    loop.py           under every stage: resume, step, log, save, stop. Begin here
    pretrain.py       random weights -> base
    zero.py           base -> R1-Zero, by reinforce.py
    reinforce.py      RL, which R1 goes through three times
    job.py            `minir1 run`: base, R1-Zero, evaluations, report

The whole of R1 (`minir1 pipeline`):

    pipeline.py       every stage, and what starts from what
    collect.py        many completions of many prompts
    examples.py       those that are learned from, each with its lineage
    rejection.py      which of them are good enough
    sft.py            learning them
    readers.py        pairs of texts, compared
    preference.py     the reward model learns from the pairs
    pay.py            what RL pays beyond the verdict
    distill.py        a small student learns from R1
    stage_table.py    what each stage can do
    manifest.py       which stage came from which, and at what cost

A finished run, and runs of your own:

    sample.py         ask it something
    think.py          what more thinking buys, by asked.py
    asked.py          a model and the questions that it is asked
    export.py         it leaves the house: for servers, for small devices
    own.py            a task of your own enters a run
    ready.py          and is asked whether it can start

`card/` and `bundle/` go with what leaves the house; `lineage/` traces what was learned from.
"""
