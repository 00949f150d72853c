"""Programs that tests run in an interpreter of their own: to exit, to fork, to be looked at from outside."""
