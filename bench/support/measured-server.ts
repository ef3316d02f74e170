/** What a measured server says of itself when asked over IPC: CPU in µs since its start, resident memory in bytes. */
export type ServerUsage = { readonly cpuUs: number; readonly rssBytes: number }
/** First message of a measured server. */
export type ServerReady = { readonly port: number; readonly path: string; readonly body: string; readonly headers: Record<string, string> }

/** Tells the parent where to send what, and answers its questions about usage until the parent goes. */
export function serveMeasured(ready: ServerReady): void {
  process.on('message', () => {
    const { user, system } = process.cpuUsage()
    process.send?.({ cpuUs: user + system, rssBytes: process.memoryUsage.rss() } satisfies ServerUsage)
  })
  process.on('disconnect', () => process.exit(0))
  process.send?.(ready)
}
