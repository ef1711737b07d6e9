"""Hypothesis: the same examples every time, unless HYPOTHESIS_PROFILE=explore asks for new ones."""

import os

from hypothesis import settings

# Neither has a deadline: a slow machine is no fault of the code.
settings.register_profile("ci", derandomize=True, deadline=None, max_examples=50, print_blob=True)
settings.register_profile("explore", derandomize=False, deadline=None, max_examples=1000, print_blob=True)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "ci"))
