"""The way from the API server to the controller's admission webhook, and what stands on it."""
