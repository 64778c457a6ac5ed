"""Problems that others wrote: files of a user's own, GSM8K and MATH, and reasoning-gym."""
