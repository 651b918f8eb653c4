"""Reports: what finished runs are worth, on one page that asks nobody for anything."""
