"""Maths answers, LaTeX or plain: read by an own bounded parser, compared exactly where possible."""

from minir1.tasks.maths.verify import verify_maths as verify_maths
