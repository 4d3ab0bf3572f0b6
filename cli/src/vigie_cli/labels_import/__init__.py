"""`vigie labels import`: a file's word on transactions, such as chargebacks, as labels on their topic."""
