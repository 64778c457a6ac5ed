"""What GRPO is compared with: one file an algorithm, on the same rollouts and the same update.

    ppo.py                a value network in place of the group: GAE, clipped value loss
    expert_iteration.py   keep the right rollouts, learn them as if a teacher had written them

RLOO and Dr. GRPO are settings of `ZeroConfig.advantage`: they differ from GRPO by one line.
"""
