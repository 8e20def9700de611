"""What Go means: numbers and quoting, addresses, URLs, patterns. Knows nothing else of the project."""
