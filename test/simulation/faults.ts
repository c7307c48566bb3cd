// What goes wrong, and how often. Each kind is on in a quarter of the seeds, so that every mixture comes
// up, none and all included. Counted, so that a run can say what it has tried.
import type { Dice } from './world.ts'

/** How often a kind that is on strikes, per occasion. */
const rates = {
  storageRefused: 0.03,
  storageConflict: 0.08,
  storageConflictAfterWork: 0.05,
  storageAnswerLost: 0.05,
  storageSlow: 0.05,
  readRefused: 0.02,
  requestLost: 0.05,
  answerLost: 0.08,
  processCrash: 0.004,
  processPause: 0.003,
  clockJump: 0.003,
  providerRefused: 0.15,
  providerAnswerLost: 0.2,
  providerSlow: 0.1,
  // Set for the whole run, where they are on.
  webhookLost: 1,
  webhookRepeated: 1,
  webhookLate: 1,
  webhookForged: 1,
  webhookStray: 1,
  dashboardRefund: 1,
  recordLost: 1,
  mailRefused: 0.1,
  mailDeferred: 0.3,
  mailAnswerLost: 0.2,
} as const

export type FaultKind = keyof typeof rates
export type FaultCounts = Partial<Record<FaultKind, number>>
export type Faults = ReturnType<typeof createFaults>

const enabledShare = 0.25

export function createFaults(dice: Dice) {
  const enabled = new Set((Object.keys(rates) as FaultKind[]).filter(() => dice.chance(enabledShare)))
  const counts: FaultCounts = {}
  let isOn = true
  return {
    counts,
    enabled,
    isOn: () => isOn,
    /** For what is set once and not per occasion: counted once a run. */
    has(kind: FaultKind): boolean {
      if (enabled.has(kind)) counts[kind] = 1
      return enabled.has(kind)
    },
    strikes(kind: FaultKind): boolean {
      if (!isOn || !enabled.has(kind) || !dice.chance(rates[kind])) return false
      counts[kind] = (counts[kind] ?? 0) + 1
      return true
    },
    stop(): void {
      isOn = false
    },
  }
}
