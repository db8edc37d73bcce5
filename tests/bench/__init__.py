"""What the speed that we promise is measured by: ``python -m tests.bench [NAME…]``."""
