import { execFile } from 'node:child_process'
import { existsSync, realpathSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { promisify } from 'node:util'
import type { Command } from '../../processes/command.ts'

/** What keeps a worker apart from the machine: a namespace of its own without network and with read-only files, or only limits of its process. */
export type Protection = 'bubblewrap' | 'rlimits'

const places = ['/usr/bin/bwrap', '/bin/bwrap', '/usr/local/bin/bwrap']
const system = ['/usr', '/lib', '/lib64', '/bin', '/etc/alternatives', '/etc/ld.so.cache', '/etc/localtime']

/** What of the machine is to be seen in a box: folders and files to read, and devices to use as far as they are there. */
export type Openings = { readonly readable: readonly string[]; readonly devices: readonly string[] }

const run = promisify(execFile)
let proven: Promise<string | undefined> | undefined

async function prove(): Promise<string | undefined> {
  const found = places.find((place) => existsSync(place))
  if (found === undefined) return undefined
  const { file, args } = boxed({ file: '/bin/true', args: [], env: {} }, found, { readable: [], devices: [] })
  return run(file, args).then(
    () => found,
    () => undefined,
  )
}

/** For bubblewrap itself, which would end at a signal that is the server's to act on: what is ignored stays so in the program that takes the shell's place. */
const ignoringSignals = ['-c', `trap '' INT TERM; exec "$0" "$@"`]

/** The bubblewrap of this machine, undefined where there is none or where it may not make namespaces (as in many containers); tried once. */
export const workingBubblewrap = (): Promise<string | undefined> => (proven ??= prove())

/** A folder and, where it is reached through a link, the folder behind it. */
const withReal = (path: string): string[] => (existsSync(path) ? [...new Set([path, realpathSync(path)])] : [])

/**
 * What a program needs of where it lies: itself, or of a folder `bin` all programs, with the libraries beside it and what makes it a virtual environment. The folder above may be anybody's, of a home or
 * of the server itself, with its keys.
 */
function partsOf(program: string): string[] {
  const folder = dirname(program)
  if (basename(folder) !== 'bin') return [program]
  return [folder, ...['lib', 'lib64', 'pyvenv.cfg'].map((name) => join(dirname(folder), name))]
}

const mostCards = 16

/** What a program needs to see for NVIDIA's graphics cards: the devices of the driver, whether they are there by now or come later, and what the kernel tells of them. */
export const cards: Openings = {
  devices: ['ctl', '-uvm', '-uvm-tools', '-modeset', '-caps', ...Array(mostCards).keys()].map((name) => `/dev/nvidia${name}`),
  readable: ['/sys'],
}

/**
 * The same command in a box: no network, no other processes, no capabilities, an empty environment but its own, nothing of the file system but the system's programs, the
 * program itself with its libraries, and what is `readable`, all read-only, an empty /tmp, and `devices`. The box ends with the server.
 */
export function boxed({ file, args, env }: Command, bubblewrap: string, { readable, devices }: Openings): Command {
  const program = withReal(file).flatMap(partsOf)
  const binds = [...new Set([...system, ...program, ...readable])].flatMap(withReal).flatMap((path) => ['--ro-bind', path, path])
  const opened = devices.flatMap((path) => ['--dev-bind-try', path, path])
  const variables = Object.entries(env).flatMap(([name, value]) => ['--setenv', name, value])
  const walls = ['--unshare-all', '--die-with-parent', '--new-session', '--cap-drop', 'ALL', '--uid', '65534', '--gid', '65534', '--clearenv']
  const floor = ['--proc', '/proc', '--dev', '/dev', '--tmpfs', '/tmp']
  return {
    file: '/bin/sh',
    args: [...ignoringSignals, bubblewrap, ...walls, ...floor, ...opened, ...binds, '--chdir', '/', ...variables, '--', file, ...args],
    env: {},
  }
}
