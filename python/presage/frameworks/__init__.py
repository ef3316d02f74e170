"""One module a framework; none imports its framework before it is handed one of its models."""
