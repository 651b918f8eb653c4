"""Ways to blend, a file each: from a problem to a formula."""
