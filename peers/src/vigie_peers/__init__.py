"""Other ways to do the detector's work, measured beside it: the same input, features, forest and output topic."""
