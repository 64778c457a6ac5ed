"""Reward hacking on purpose: what is paid goes up, what was meant goes down; and what cures it.

    code      paid for the examples of the prompt; meant: the program, on tests it has not seen
    taste     paid for a reward model's score;     meant: the taste of the readers it learned from

`python -m minir1.bench.hacking code taste --seeds 3` runs every arm with every seed.
"""
