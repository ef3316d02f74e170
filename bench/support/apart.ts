import { spawnSync } from 'node:child_process'
import { availableParallelism } from 'node:os'

/** Puts the packets that arrive on the loopback interface on the processors of a mask, then becomes the command. The setting is that of a namespace that ends with it. */
const program = 'mount -t sysfs none /sys && ip link set lo up && echo $0 > /sys/class/net/lo/queues/rx-0/rps_cpus && umount /sys && exec "$@"'
const last = availableParallelism() - 1

/** Where the load generator of a program runs that was started by `runApart`. */
export const generatorProcessor = last

/**
 * Runs a command in a network namespace of its own in which packets arrive by interrupts of other processors than the last, as they do from a network card; answers its exit code, or undefined where that is not allowed or
 * there is one processor. On the plain loopback interface a server is woken up inside the system call of the generator. Where that goes before everything, what else is queued on its processor is not compared with the
 * server (`wakeup_preempt` of Linux), and may run on until the next tick, 4 ms, although it would leave at any other wake-up.
 */
export function runApart(command: readonly string[]): number | undefined {
  const inside = (words: readonly string[]): string[] => ['--net', '--mount', 'sh', '-c', program, ((1n << BigInt(last)) - 1n).toString(16), ...words]
  if (last < 1 || last > 31 || spawnSync('unshare', inside(['true']), { stdio: 'ignore' }).status !== 0) return undefined
  return spawnSync('unshare', inside(command), { stdio: 'inherit' }).status ?? 1
}
