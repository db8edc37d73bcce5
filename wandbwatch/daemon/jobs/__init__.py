"""What a worker process does with one subscription."""
