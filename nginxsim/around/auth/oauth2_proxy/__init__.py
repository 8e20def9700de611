"""oauth2-proxy, from 7.0 on: what it is told, whether it starts with that, and what it answers."""
