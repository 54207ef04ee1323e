"""From a Compose file, in any of its syntaxes, to a project of one form."""
