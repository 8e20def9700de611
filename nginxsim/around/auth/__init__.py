"""Auth servers that stand beside the controller, and what they answer to the requests of nginx."""
