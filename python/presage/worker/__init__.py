"""The worker: a process that the server starts for a bundle whose original framework must answer. The protocol is described in docs/worker-protocol.md."""
