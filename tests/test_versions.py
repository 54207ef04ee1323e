"""Nothing is written over unseen: versions, through every door and on both engines."""

from __future__ import annotations
