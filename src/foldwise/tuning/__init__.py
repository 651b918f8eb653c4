"""Settings found by trying: a study of an experiment with ranges."""
