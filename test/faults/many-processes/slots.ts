// Places for processes that are killed and started again.
import { setTimeout as sleep } from 'node:timers/promises'
import type { Cleanable } from '../../support/clean-up.ts'
import { type ServerOptions, type ServerProcess, startServer } from '../../support/server-process.ts'

/** A place for a process: whoever runs there has the same port and role. */
export type Slot = { readonly role: string; readonly port: number; running: ServerProcess | null; isKilled: boolean }

export type SlotParts = {
  readonly t: Cleanable
  readonly say: (line: string) => void
  /** What must not happen: each is a sentence. */
  readonly troubles: string[]
}

/** Starts the slot's process; again and again while the database is away. */
export async function openSlot({ t, say, troubles }: SlotParts, slot: Slot, options: ServerOptions): Promise<void> {
  for (let tries = 1; ; tries++) {
    try {
      const running = await startServer(t, options)
      slot.running = running
      slot.isKilled = false
      void running.ended.then(({ code, signal, stderr }) => {
        // A process may lose its database and must not end for that.
        if (!slot.isKilled) troubles.push(`${slot.role} ended by itself (${code ?? signal}): ${wordsOf(stderr)}`)
        else if (summaryOf(stderr) !== '') say(`${slot.role} had said: ${summaryOf(stderr)}`)
        if (slot.running === running) slot.running = null
      })
      return
    } catch (error) {
      if (tries >= 20) throw error
      await sleep(500)
    }
  }
}

/** Lines of the log by message, with how often each came. */
function summaryOf(stderr: string): string {
  const messages = stderr.split('\n').flatMap((line) => {
    try {
      const { level, message, error } = JSON.parse(line) as { level: string; message: string; error?: unknown }
      return level === 'error'
        ? [
            `${message} ${String(error ?? '')
              .split('\n')[0]!
              .slice(0, 100)}`,
          ]
        : []
    } catch {
      return line.trim() === '' ? [] : [line.slice(0, 160)]
    }
  })
  return [...Map.groupBy(messages, (message) => message)].map(([message, all]) => `${all.length} x ${message}`).join('; ')
}

/** What it said for people, which the log around it would drown; the end of the log where there is none. */
function wordsOf(stderr: string): string {
  const words = stderr.split('\n').filter((text) => text !== '' && !text.startsWith('{'))
  return words.length > 0 ? words.join('\n') : stderr.slice(-2_000)
}
