"""minir1: DeepSeek-R1 rebuilt from scratch, to be read.

One legend of axis letters is used in every signature of the package. A shape in a
signature is written with these letters, through jaxtyping, and is checked while the
tests run:

| letter | axis                                | letter | axis                          |
|--------|-------------------------------------|--------|-------------------------------|
| P      | prompts (problems) of one step      | H      | attention heads               |
| G      | rollouts in the group of one prompt | C      | latent rank of the KV cache   |
| B      | sequences in a batch (B = P * G)    | E      | routed experts                |
| T      | tokens along a sequence             | K      | experts a token activates     |
| D      | width of the model                  | N      | flat tokens, N = B * T        |
| V      | size of the vocabulary              | R      | routed rows, R = N * K        |
| L      | layers                              | F      | hidden width of one expert    |

The rooms, in the order in which a prompt walks through them; a room imports only from
rooms on its left (`tests/test_rooms.py` enforces it):

    tasks -> text -> model -> rl -> run -> stages -> cli, lab, bench
"""

__version__ = "0.1.0"
