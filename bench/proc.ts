/**
 * Owns reading what a process has used so far, from Linux's /proc. Elsewhere every answer is undefined and the
 * columns print as dashes.
 *
 * `wchar` counts every byte handed to write(2) and its kin: database pages and answers on sockets alike.
 * `write_bytes` counts what was charged to the block device, in whole 4 KiB pages.
 */
import { readdirSync, readFileSync } from 'node:fs'

/** Ticks of /proc/<pid>/stat: USER_HZ, which Linux fixes at 100 towards programs on x86-64 and arm64. */
const TICK_US = 10_000

export type Usage = {
  readonly cpuUs: number
  readonly deviceBytes: number
  readonly writtenBytes: number
}

export function readUsage(pid: number): Usage | undefined {
  const stat = readProc(pid, 'stat')
  const io = readProc(pid, 'io')
  if (stat === undefined || io === undefined) return undefined
  return {
    cpuUs: parseCpuUs(stat),
    deviceBytes: parseField(io, 'write_bytes'),
    writtenBytes: parseField(io, 'wchar'),
  }
}

/** User and system time of the threads that are alive, without the steps of 10 ms in which `readUsage` counts. */
export function readCpuUs(pid: number): number | undefined {
  try {
    const threads = readdirSync(`/proc/${pid}/task`)
    return threads.reduce((sum, thread) => sum + Number((readProc(pid, `task/${thread}/schedstat`) ?? '0').split(' ')[0]) / 1e3, 0)
  } catch {
    return undefined
  }
}

/** Its children that are alive. */
function childrenOf(pid: number): number[] {
  return (readProc(pid, `task/${pid}/children`) ?? '').split(' ').filter(Boolean).map(Number)
}

/** PostgreSQL works in children of its own. Those that have ended are counted in their parent once it has seen them off. */
export function treeUsage(pid: number): Usage | undefined {
  const own = readUsage(pid)
  if (own === undefined) return undefined
  const children = childrenOf(pid).flatMap((child) => treeUsage(child) ?? [])
  const sum = (of: keyof Usage) => children.reduce((total, child) => total + child[of], own[of])
  return { cpuUs: sum('cpuUs'), deviceBytes: sum('deviceBytes'), writtenBytes: sum('writtenBytes') }
}

export function treeCpuUs(pid: number): number | undefined {
  return treeUsage(pid)?.cpuUs
}

/** User and system time of all threads, from the text of /proc/<pid>/stat. */
export function parseCpuUs(stat: string): number {
  // The second field is the program's name in parentheses and may hold spaces; counting starts after the last one.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  return (Number(fields[11]) + Number(fields[12])) * TICK_US
}

/** The number behind `name:` in the text of /proc/<pid>/io or /proc/<pid>/status. */
export function parseField(text: string, name: string): number {
  const line = text.split('\n').find((candidate) => candidate.startsWith(`${name}:`))
  return line === undefined ? Number.NaN : Number.parseInt(line.slice(name.length + 1), 10)
}

/** Resident memory in MB (10^6 bytes). */
export function readResidentMb(pid: number): number | undefined {
  const status = readProc(pid, 'status')
  return status === undefined ? undefined : (parseField(status, 'VmRSS') * 1024) / 1e6
}

function readProc(pid: number, name: string): string | undefined {
  try {
    return readFileSync(`/proc/${pid}/${name}`, 'utf8')
  } catch {
    return undefined
  }
}
