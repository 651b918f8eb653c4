"""What is fitted to a blend: a temperature, thresholds, cut points."""
