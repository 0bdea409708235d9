"""Documents that are asked to be forgotten: what is asked for, and which documents that is."""
