"""What GRPO is compared with, on the same rollouts and the same update.

    ppo.py                a value network in place of the group
    value.py              the network: what reward is still to come, given everything up to here
    gae.py                from its values to advantages of tokens
    expert_iteration.py   keep the right rollouts, learn them as if a teacher had written them

RLOO and Dr. GRPO are settings of `ZeroConfig.advantage`: they differ from GRPO by one line.
"""
