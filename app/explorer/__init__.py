"""The explorer in a browser: its sources, and `serving`, which serves what Vite makes of them."""
