"""GRPO on a real pre-trained language model: three seeds, and two controls.

    for s in 0 1 2; do minir1 run smollm --seed $s --threads 1 --out runs/smollm/smollm-$s; done
    minir1 run smollm_format --threads 1 --out runs/smollm/smollm_format-0
    python -m minir1.bench.smollm --collect runs/smollm
    python -m minir1.bench.smollm

The model is SmolLM2-135M-Instruct with weights of 4 bits, in bfloat16; the questions are products
of two digits, of which half are never trained on. A response has 16 tokens at most, room for

    5*4=20 <answer>20</answer>

What would refute that it learned to multiply better is written down here before the runs:

    base       the base answers 5% to 60% of the held-out questions
    gain       strict accuracy rises by 15 points or more; the interval over seeds is above 0
    lenient    with a reader that takes the last number of any text, on both sides, it still rises
               by 10 points or more; the interval is above 0: it is not the format that was learned
    mirror     the gain is above 0 too on held-out products whose mirror image (6 * 9 of 9 * 6) was
               not trained on
    control    paid for any answer in its place, right or wrong, strict accuracy rises by less than
               half of that

One run of 3 steps was looked at before, to measure a step's time (seed 90, four examples).
"""
