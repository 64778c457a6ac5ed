"""Reward parts that look at how a response is written: language, length, repetition."""
