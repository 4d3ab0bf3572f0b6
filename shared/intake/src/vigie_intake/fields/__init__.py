"""How each field of a transaction is read from columns as others write them."""
