"""Settings of every test: no windows, one thread, and properties that are the same each time."""

import os

os.environ.setdefault("MPLBACKEND", "Agg")
# The tests' tensors are tiny: a second thread costs more than it gives.
os.environ.setdefault("OMP_NUM_THREADS", "1")
# The kernels run on the CPU, in Triton's interpreter. Triton looks when it is first imported.
os.environ.setdefault("TRITON_INTERPRET", "1")

from hypothesis import settings

# Deterministic, and without a deadline: a busy machine is not a failed property.
settings.register_profile("minir1", deadline=None, derandomize=True, print_blob=True)
settings.load_profile("minir1")
