"""Detection quality of the whole system on the generator's live traffic, measured with its labels."""
