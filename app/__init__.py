"""The service: settings, identity, storage and the HTTP surface of Meshgraph."""
