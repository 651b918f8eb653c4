"""Inside the kernel: what the notebook's cells call, from finding the inputs to the report."""
