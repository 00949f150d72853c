"""One module per client, each run as a process of its own so that its CPU and memory are its own."""
