"""What Vigie's tests share; production packages never import it. It imports nothing: see `plugin`."""
