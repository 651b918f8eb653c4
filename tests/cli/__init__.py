"""A package, so that tests share `calling`."""
