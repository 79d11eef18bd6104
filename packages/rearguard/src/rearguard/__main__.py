"""`python -m rearguard`: the command, for environments whose scripts are not on the path."""

from rearguard.cli.main import main

if __name__ == "__main__":
    main()
