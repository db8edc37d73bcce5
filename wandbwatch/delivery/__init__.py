"""From a report to a message that Discord has: outbox, sender and webhook."""
