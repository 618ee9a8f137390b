"""`python -m orchestration` is `oversight`."""

from orchestration.cli import main

if __name__ == "__main__":
    main()
