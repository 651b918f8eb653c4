"""On this machine: a run made into a kernel folder and a dataset folder, ready to push."""
