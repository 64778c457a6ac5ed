"""What a run needs around the mathematics: its folder, its numbers, and how sure they are.

How it trains:

    models.py         a new model, the last one, the one at the end of a stage
    device.py         where the tensors live
    optim.py          AdamW, and the learning rate of a step
    checkpoint.py     everything that the next step depends on
    flatten.py        an optimizer's state as plain tensors
    pieces.py         tensors on the disk, whole or in pieces
    best.py           the best checkpoint beside the last ones

How it is measured:

    evaluate.py       held-out problems in, accuracy with an interval out
    evaluated.py      the file that this leaves
    stats.py          intervals: which one is honest for which question
    insight.py        patience or insight?
    subsets.py        what fewer samples would have done
    thinking_time.py  what more tokens at test time are worth
    forced.py         answers on a budget of thinking
    route.py          what a model really cost, with all that it came from

What its folder holds, and who writes it:

    home.py           the folder and its config
    claim.py          one run, one worker
    metrics.py        the diary, a line a step
    rollouts.py       now and then a group, token by token
    ledger.py         what each stage cost
    bill.py           the bill of many runs
    budget.py         hours and dollars that are left
    marker.py         it was asked to stop, and did
    jsonl.py          files of one JSON object a line
    whole.py          a file that is there whole, or not at all
    folder.py         a folder that is
    progress.py       the line at the terminal; Ctrl-C
    pipe.py           a reader that leaves early

`distributed/` is the only place that knows of other processes; `doctor/` reads the diary, `report/`
makes the page, `served/` samples on a server.
"""
