"""Each rule of the method as an example: a small text table in, the expected out."""
