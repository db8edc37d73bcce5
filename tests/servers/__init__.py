"""Servers of our own that the real libraries speak to over real sockets."""
