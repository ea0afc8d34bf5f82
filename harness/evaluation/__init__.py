"""Both sides of a hybrid, evaluated and contained."""
