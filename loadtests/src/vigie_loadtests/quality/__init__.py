"""Detection quality of the whole system on the generator's live traffic, judged by its labels."""
