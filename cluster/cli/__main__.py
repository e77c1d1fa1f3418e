"""`python -m headrace.cluster.cli`."""

from headrace.cluster.cli.main import main

main()
