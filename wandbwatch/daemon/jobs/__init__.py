"""A worker's part: run the job of one subscription."""
