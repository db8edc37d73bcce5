from __future__ import annotations

from wandbwatch.model.address import Local
from wandbwatch.model.run_details import Alert
from wandbwatch.sources.local import plugin


def test_what_the_code_of_a_real_run_raised(local_runs):
    source = plugin(Local(local_runs))
    assert source.alerts("failed") == (
        Alert("slow", "it will take days", "INFO"),
        Alert("[b]NaN @everyone", "two\nlines", "ERROR"),
    )
    assert source.alerts("finished") == ()
