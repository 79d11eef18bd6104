"""What the tests of both packages share."""

import hypothesis

# A run says the same every time, on a busy machine too; `pytest --hypothesis-profile explore` tries new
# examples. How long one takes speaks of the machine: tests that bound time count work, or measure themselves.
hypothesis.settings.register_profile(
    "steady", derandomize=True, deadline=None, suppress_health_check=[hypothesis.HealthCheck.too_slow]
)
hypothesis.settings.register_profile("explore", deadline=None)
hypothesis.settings.load_profile("steady")
