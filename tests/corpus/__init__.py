"""A corpus of labelled run lives that events and alerts are judged on."""
