"""Run the command as `python -m command_line`."""

from command_line.main import main

main()
