import { getCompileCacheDir } from 'node:module'
import { dirname } from 'node:path'
import { fileURLToPath } from 'node:url'

/** How a process is started: a program, its words, and its whole environment: nothing of the server's, which may hold secrets, is added. */
export type Command = { readonly file: string; readonly args: readonly string[]; readonly env: Readonly<Record<string, string>> }

/** The program of util-linux that gives a policy of the scheduler to a process that runs, or to a command that it becomes; not everywhere. */
export const chrt = '/usr/bin/chrt'

/** Runs a file of ours with the Node that runs this; the environment says where Node keeps compiled files. */
export function nodeCommand(entry: URL): Command {
  const compiled = getCompileCacheDir()
  return { file: process.execPath, args: [fileURLToPath(entry)], env: compiled === undefined ? {} : { NODE_COMPILE_CACHE: dirname(compiled) } }
}
