// A dialect that stops at a point of its work: before or after one of the calls that change something.
import type { SchemaDialect } from '../../../src/storage/migrations/dialect.ts'

const changing = ['prepare', 'run', 'writeKinds', 'beginStep', 'endStep', 'writeRows'] as const

/** Calls `stop` at the `point`-th of these places; once it has thrown, everything throws: a dead process does no more. */
export function stopAt(dialect: SchemaDialect, point: number, stop: () => void): SchemaDialect {
  let passed = 0
  let isDead = false
  function pass(): void {
    if (isDead) throw new Error('stopped before')
    passed += 1
    if (passed < point) return
    isDead = true
    stop()
  }
  const wrapped = Object.fromEntries(
    changing.map((name) => [
      name,
      async (...words: never[]) => {
        pass()
        const answer = await (dialect[name] as (...words: never[]) => Promise<unknown>)(...words)
        pass()
        return answer
      },
    ]),
  )
  return { ...dialect, ...wrapped }
}
