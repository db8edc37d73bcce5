"""Pure calculations on runs that several commands share."""
