"""What is done at the terminal about wandbwatch itself; not for lists of lines."""
