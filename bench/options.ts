/**
 * Owns the command line of the benchmarks: what may be said and what holds when nothing is said.
 * Throws UsageError on anything it does not know; a typing error must not quietly measure something else.
 */
import { parseArgs } from 'node:util'
import { FLOWS, type Flow } from './kingpost/purchase.ts'

export const WORKS = ['start', 'get', 'list', 'create', 'transfer', 'order', 'keys', 'count'] as const
export type Work = (typeof WORKS)[number]

const CONTENDERS = ['limit', 'ours'] as const
export type ContenderName = (typeof CONTENDERS)[number]

const GENERATORS = ['wrk', 'sockets'] as const
export type GeneratorName = (typeof GENERATORS)[number]

export type Options = {
  readonly works: readonly Work[]
  readonly contenders: readonly ContenderName[]
  readonly flows: readonly Flow[]
  readonly seconds: number
  readonly rounds: number
  readonly rows: number
  readonly generator: GeneratorName | undefined
  readonly jsonFile: string | undefined
}

export class UsageError extends Error {}

export const USAGE = `usage: npm run bench -- [options]
  --only LIST    of ${[...WORKS, ...CONTENDERS].join(', ')}; default all
                 (keys: whole orders with an Idempotency-Key on each change; count: statements and commits of an order)
  --flow FLOW    five (a cart filled in four requests, and checkout) or one (a cart with all in one, and checkout); default both
  --seconds N    length of one round (1 to 60, default 4)
  --rounds N     rounds per work and server (1 to 21, default 3)
  --rows N       records in the collection before the first round (1,000 to 1,000,000, default 10,000)
  --generator G  wrk or sockets (ours); default wrk where it is installed
  --json FILE    also write every round as JSON`

/** @throws UsageError with a sentence that names the option */
export function parseOptions(args: readonly string[]): Options {
  const values = readValues(args)
  const only = (values.only ?? '').split(',').filter((word) => word !== '')
  for (const word of only) {
    if (!isWork(word) && !isContender(word)) throw new UsageError(`--only does not know "${word}"`)
  }
  const works = only.filter(isWork)
  const contenders = only.filter(isContender)
  return {
    works: works.length > 0 ? WORKS.filter((work) => works.includes(work)) : WORKS,
    contenders: contenders.length > 0 ? CONTENDERS.filter((name) => contenders.includes(name)) : CONTENDERS,
    flows: values.flow === undefined ? FLOWS : [flowOption(values.flow)],
    seconds: integerOption('seconds', values.seconds ?? '4', { min: 1, max: 60 }),
    rounds: integerOption('rounds', values.rounds ?? '3', { min: 1, max: 21 }),
    rows: integerOption('rows', values.rows ?? '10000', { min: 1_000, max: 1_000_000 }),
    generator: generatorOption(values.generator),
    jsonFile: values.json,
  }
}

function readValues(args: readonly string[]) {
  const option = { type: 'string' } as const
  try {
    const options = {
      only: option,
      flow: option,
      seconds: option,
      rounds: option,
      rows: option,
      generator: option,
      json: option,
    }
    return parseArgs({ args: [...args], options }).values
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error))
  }
}

/** @throws UsageError */
export function flowOption(name: string): Flow {
  const flow = FLOWS.find((one) => one === name)
  if (flow === undefined) throw new UsageError(`--flow does not know "${name}"`)
  return flow
}

function generatorOption(name: string | undefined): GeneratorName | undefined {
  const generator = GENERATORS.find((one) => one === name)
  if (name !== undefined && generator === undefined) {
    throw new UsageError(`--generator does not know "${name}"`)
  }
  return generator
}

/** @throws UsageError when the text is no whole number within the bounds */
export function integerOption(name: string, text: string, bounds: { min: number; max: number }): number {
  const value = Number(text)
  if (!Number.isInteger(value) || value < bounds.min || value > bounds.max) {
    throw new UsageError(`--${name} takes a whole number from ${bounds.min} to ${bounds.max}`)
  }
  return value
}

function isWork(word: string): word is Work {
  return (WORKS as readonly string[]).includes(word)
}

function isContender(word: string): word is ContenderName {
  return (CONTENDERS as readonly string[]).includes(word)
}
