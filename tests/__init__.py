"""The tests: a folder for each room of the package, and support/ for what several of them need."""
