/** Leaves the end of this process to the server, which finishes first what goes on: a terminal sends Ctrl-C to every process that it shows, systemd SIGTERM to every process of a service. */
export function leaveSignals(): void {
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => {})
}
