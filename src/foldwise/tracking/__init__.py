"""Trackers: a run's curves and scores in TensorBoard, MLflow, and Weights & Biases."""
