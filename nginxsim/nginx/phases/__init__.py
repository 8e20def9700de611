"""What nginx does to a request, phase by phase; each state names the one that follows."""
