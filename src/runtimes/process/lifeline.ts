import { Socket } from 'node:net'

// Runs as a thread of an inference process: its main thread may be inside a computation that never returns when the server dies, and then only another
// thread can end it. Standard input is held open by the server and by nobody else.
new Socket({ fd: 0 })
  .on('close', () => process.kill(process.pid, 'SIGKILL'))
  .on('error', () => {})
  .resume()
