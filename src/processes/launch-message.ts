import type { Command } from './command.ts'
import type { OutputLine } from './output-lines.ts'

/** What the server asks of its launcher: to start a command under a number (`isIdle`: with what all others leave of the processors), to raise what runs under it to the server's priority, to kill it. */
export type LaunchOrder =
  | { readonly id: number; readonly kind: 'start'; readonly command: Command; readonly isIdle: boolean }
  | { readonly id: number; readonly kind: 'promote' | 'kill' }

/** How far the process under a number is: it runs (its channel travels with this message, unless the process has closed it already), it could not be started, it was told to end, it was raised as far as the system allows, it no longer exists. */
export type LifeReport =
  | { readonly id: number; readonly kind: 'started'; readonly pid: number }
  | { readonly id: number; readonly kind: 'killed' }
  | { readonly id: number; readonly kind: 'promoted' }
  | { readonly id: number; readonly kind: 'failed' | 'ended'; readonly how: string }

/** What the launcher says: how far a process is, a line that it printed, and that it will print no more. */
export type LaunchReport =
  | LifeReport
  | { readonly id: number; readonly kind: 'printed'; readonly print: OutputLine }
  | { readonly id: number; readonly kind: 'silent' }

/** The descriptor on which the server and a process that was launched talk. */
export const channelFd = 3
