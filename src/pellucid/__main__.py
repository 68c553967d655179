"""`python -m pellucid` is the shell command `pellucid`."""

from pellucid.cli.main import main

if __name__ == "__main__":
    raise SystemExit(main())
