"""`python -m app` is `meshgraph`."""

from __future__ import annotations

import gc

# What is imported stays. To look through it for garbage over and over, while it grows to 300,000
# objects, took a fifth of the time until a server is ready.
gc.disable()

from app.cli import main  # noqa: E402 - see above

gc.freeze()
gc.enable()

if __name__ == "__main__":
    main()
