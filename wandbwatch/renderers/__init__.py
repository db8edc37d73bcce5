"""Renderers: each turns reports into the text of one medium. Pure."""
