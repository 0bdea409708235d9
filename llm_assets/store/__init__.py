"""An object store as the home of a data root: a checked mirror on this machine, and locks that machines share."""
