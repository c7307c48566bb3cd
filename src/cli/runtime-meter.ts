// The process's own measurements, behind the port of domains/running.
import { monitorEventLoopDelay } from 'node:perf_hooks'
import type { RuntimeMeter } from '../domains/running/read-metrics.ts'

/** `admission`: who is let in and refused, as of now. */
export function createRuntimeMeter(admission: RuntimeMeter['admission']): RuntimeMeter {
  const delay = monitorEventLoopDelay({ resolution: 20 })
  delay.enable()
  return {
    admission,
    read() {
      const { rss, heapUsed } = process.memoryUsage()
      const { user, system } = process.cpuUsage()
      const loopDelayP99Ms = delay.percentile(99) / 1e6
      delay.reset()
      return { residentBytes: rss, heapUsedBytes: heapUsed, cpuSeconds: (user + system) / 1e6, loopDelayP99Ms }
    },
  }
}
