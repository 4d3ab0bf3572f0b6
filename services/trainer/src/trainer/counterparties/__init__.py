"""What labels say of merchants and payees: for training as it was known then, for the detector as it is now."""
