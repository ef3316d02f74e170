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

/** The program, and whether it can bound what a box keeps in memory as files: since 0.7 it can. */
export type Bubblewrap = { readonly file: string; readonly canBound: boolean }

const run = promisify(execFile)
let proven: Promise<Bubblewrap | undefined> | undefined

async function works(bubblewrap: Bubblewrap): Promise<boolean> {
  const { file, args } = boxed({ file: '/bin/true', args: [], env: {} }, bubblewrap, { readable: [], devices: [] })
  return run(file, args).then(
    () => true,
    () => false,
  )
}

async function prove(): Promise<Bubblewrap | undefined> {
  const file = places.find((place) => existsSync(place))
  if (file === undefined) return undefined
  for (const canBound of [true, false]) if (await works({ file, canBound })) return { file, canBound }
  return undefined
}

/** For bubblewrap itself, which would end at a signal that is the server's to act on: what is ignored stays so in the program that takes the shell's place. */
const ignoringSignals = ['-c', `trap '' INT TERM; exec "$0" "$@"`]

/** The bubblewrap of this machine, undefined where there is none or where it may not make namespaces (as in many containers); tried once. */
export const workingBubblewrap = (): Promise<Bubblewrap | undefined> => (proven ??= prove())

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

/** What a box may write to, each in memory that no limit of a process counts: as much as Docker gives a container for /dev/shm. */
const writable = ['/tmp', '/dev/shm']
const writableBytes = 64 << 20

const mostCards = 16

/** What a program needs to see for NVIDIA's graphics cards: the devices of the driver, whether they are there by now or come later, and what the kernel tells of them. */
export const cards: Openings = {
  devices: ['ctl', '-uvm', '-uvm-tools', '-modeset', '-caps', ...Array(mostCards).keys()].map((name) => `/dev/nvidia${name}`),
  readable: ['/sys'],
}

/**
 * The same command in a box: no network, no other processes, no capabilities, an empty environment but its own, nothing of the file system but the system's programs, the
 * program itself with its libraries, and what is `readable`, all read-only, `devices`, and an empty /tmp and /dev/shm, bounded where it can be. The box ends with the server.
 */
export function boxed({ file, args, env }: Command, bubblewrap: Bubblewrap, { readable, devices }: Openings): Command {
  const program = withReal(file).flatMap(partsOf)
  const binds = [...new Set([...system, ...program, ...readable])].flatMap(withReal).flatMap((path) => ['--ro-bind', path, path])
  const opened = devices.flatMap((path) => ['--dev-bind-try', path, path])
  const variables = Object.entries(env).flatMap(([name, value]) => ['--setenv', name, value])
  const walls = ['--unshare-all', '--die-with-parent', '--new-session', '--cap-drop', 'ALL', '--uid', '65534', '--gid', '65534', '--clearenv']
  const bound = bubblewrap.canBound ? ['--size', String(writableBytes)] : []
  const floor = ['--proc', '/proc', '--dev', '/dev', ...writable.flatMap((path) => [...bound, '--tmpfs', path])]
  // Last, as places for what is shown are made before.
  const closed = ['/dev', '/'].flatMap((path) => ['--remount-ro', path])
  return {
    file: '/bin/sh',
    args: [...ignoringSignals, bubblewrap.file, ...walls, ...floor, ...opened, ...binds, ...closed, '--chdir', '/', ...variables, '--', file, ...args],
    env: {},
  }
}
