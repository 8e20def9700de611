"""`python -m nginxsim`."""

from nginxsim.cli.main import main

main()
