"""The clients side by side, each in a process that has nothing but that client and Python's own library."""
