"""From a project to objects of Kubernetes, by the rules of kompose."""
