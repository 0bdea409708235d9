"""What a trained model says: continuations of prompts, its guesses at each next token, its score on unseen text."""
