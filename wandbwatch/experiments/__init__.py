"""Start trainings, supervise them and report on them. Standard library only."""
