"""MLflow as the record: what was made, from what, by which recipe, and how good the model is. Each file is one idea of it."""
