"""Content of addresses that users name: the one way in which the service gets it."""
