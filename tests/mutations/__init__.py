"""The fault laboratory: everything that may go wrong on the other side, each with what has to come of it."""
