"""Reports into the text of one medium. Pure."""
