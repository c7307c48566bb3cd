// `GET /metrics`: the process and its queues in the text format of Prometheus 0.0.4, for staff only: how
// much waits and how fast a shop sells is nobody else's business.

import { staff } from '../../access/rule.ts'
import type { FanOutCounts } from '../../changes/fan-out.ts'
import { eq } from '../../contract/filter.ts'
import { Type } from '../../contract/type.ts'
import { effectStates, effects } from '../../effects/effect.ts'
import { type Operation, query } from '../../operation/define.ts'
import type { Reader, Traffic } from '../../storage/storage.ts'

/** What the process can say of itself. A port: nothing else asks the process. */
export interface RuntimeMeter {
  read(): { readonly residentBytes: number; readonly heapUsedBytes: number; readonly cpuSeconds: number; readonly loopDelayP99Ms: number }
  /** Requests worked on, how many would be, and those refused since the start because too much came. */
  admission(): { readonly inside: number; readonly room: number; readonly refused: number }
}

export const idleMeter: RuntimeMeter = {
  read: () => ({ residentBytes: 0, heapUsedBytes: 0, cpuSeconds: 0, loopDelayP99Ms: 0 }),
  admission: () => ({ inside: 0, room: 0, refused: 0 }),
}

export type Measured = {
  readonly meter: RuntimeMeter
  readonly newestPosition: () => number
  readonly traffic: () => Traffic | null
  readonly live: () => FanOutCounts
  /** Payment providers that do not answer and are spared. */
  readonly pausedProviders: () => readonly string[]
  /** Of mailboxes that mail is read from: those that cannot be read now, and messages still to be read. Null where there are none. */
  readonly mailboxes: (read: Pick<Reader, 'find'>) => Promise<MailboxFigures | null>
}
export type MailboxFigures = { readonly failing: number; readonly waiting: number }

export function readMetrics({ meter, newestPosition, traffic, live, pausedProviders, mailboxes }: Measured): Operation {
  return query({
    name: 'running.readMetrics',
    route: 'GET /metrics',
    summary: 'Measurements for Prometheus',
    tag: 'Running',
    input: Type.Object({}, { additionalProperties: false }),
    output: Type.Unsafe<string>({ type: 'string' }),
    access: staff,
    async run({ read }) {
      const { residentBytes, heapUsedBytes, cpuSeconds, loopDelayP99Ms } = meter.read()
      const counts = await Promise.all(effectStates.map((state) => read.count(effects, eq('state', state))))
      const lines = [
        ...gauge('process_resident_memory_bytes', 'Memory held by the process.', residentBytes),
        ...gauge('nodejs_heap_size_used_bytes', 'Memory of live and dead JavaScript values.', heapUsedBytes),
        ...gauge('process_cpu_seconds_total', 'CPU time used since the start.', cpuSeconds, 'counter'),
        ...gauge(
          'kingpost_event_loop_delay_p99_seconds',
          'How late timers ran, 99th percentile since the last reading.',
          loopDelayP99Ms / 1000,
        ),
        ...admissionLines(meter.admission()),
        ...gauge('kingpost_feed_position', 'Position of the newest commit.', newestPosition(), 'counter'),
        ...liveLines(live()),
        ...trafficLines(traffic()),
        ...gauge(
          'kingpost_payment_providers_paused',
          'Payment providers that do not answer and are spared by this process.',
          pausedProviders().length,
        ),
        ...mailboxLines(await mailboxes(read)),
        '# HELP kingpost_effects Effects by state.',
        '# TYPE kingpost_effects gauge',
        ...effectStates.map((state, index) => `kingpost_effects{state="${state}"} ${counts[index]}`),
      ]
      return { output: `${lines.join('\n')}\n` }
    },
  })
}

function admissionLines({ inside, room, refused }: ReturnType<RuntimeMeter['admission']>): string[] {
  return [
    ...gauge('kingpost_requests_inside', 'Requests worked on now.', inside),
    ...gauge('kingpost_requests_room', 'Requests that would be worked on at once.', room),
    ...gauge('kingpost_requests_refused_total', 'Requests refused because too much came.', refused, 'counter'),
  ]
}

function mailboxLines(figures: MailboxFigures | null): string[] {
  if (figures === null) return []
  return [
    ...gauge('kingpost_mailboxes_failing', 'Mailboxes that mail is read from and that cannot be read now.', figures.failing),
    ...gauge('kingpost_mailbox_letters_waiting', 'Messages in them that are still to be read.', figures.waiting),
  ]
}

function liveLines({ readers, views, judged, delivered, setApart }: FanOutCounts): string[] {
  return [
    ...gauge('kingpost_live_clients', 'Live streams that are open.', readers),
    ...gauge('kingpost_live_views', 'Different filters and rules among them.', views),
    ...gauge('kingpost_live_judged_total', 'Commits judged for a view.', judged, 'counter'),
    ...gauge('kingpost_live_sent_total', 'Parts of a stream sent to a client.', delivered, 'counter'),
    ...gauge(
      'kingpost_live_set_apart_total',
      'Clients that did not take what they were sent and were told to read afresh.',
      setApart,
      'counter',
    ),
  ]
}

function trafficLines(traffic: Traffic | null): string[] {
  if (traffic === null) return []
  return [
    ...gauge('kingpost_database_round_trips_total', 'Round trips to the database.', traffic.roundTrips, 'counter'),
    ...gauge('kingpost_database_statements_total', 'Statements that they carried.', traffic.statements, 'counter'),
  ]
}

function gauge(name: string, help: string, value: number, type = 'gauge'): string[] {
  return [`# HELP ${name} ${help}`, `# TYPE ${name} ${type}`, `${name} ${value}`]
}
