"""R1's claims, each measured on a unit that costs a minute, with the control that could refute it.

    an arm       one small named change of the unit: its reward, what its base read, its stage
    a row        what one arm measured with one seed (`minir1/results/claims.jsonl`)
    a claim      arm - control, seed by seed, against a threshold that was written down before

`unit.py` holds what the arms of a seed share, `learn.py` the ways to train, the files behind them
the arms, `thresholds.py` what must come out, and `claim.py` whether it did.
`minir1 claims` prints the table; `minir1 claims --run` measures what is not measured yet.
"""
