"""What vendors' clouds have in common: a past to tell, days, tokens, counts, and how they are served."""
