"""`python -m hypertui.webhook`: the process with the door, which an engine starts."""

from hypertui.webhook.process import main

if __name__ == "__main__":
    raise SystemExit(main())
