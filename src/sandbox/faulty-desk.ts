// The desk with the faults that its book was asked for: a call that is lost throws, before it is carried out or after.
import type { Random } from '../base/random.ts'
import type { SandboxBook } from './book.ts'
import type { SandboxDesk } from './desk.ts'
import type { CallName } from './faults.ts'
import { isBeforeEffect, strikeCall } from './wire-faults.ts'

const callNames: Readonly<Record<keyof SandboxDesk, CallName>> = {
  create: 'start',
  resume: 'resume',
  capture: 'capture',
  cancel: 'cancel',
  refund: 'refund',
  get: 'fetch',
  findByReference: 'fetch',
  lines: 'list',
}

/** Said of a call that got no answer, whether it was carried out or not. */
export class NoAnswer extends Error {}

export function createFaultyDesk(book: SandboxBook, random: Pick<Random, 'fraction'>): SandboxDesk {
  function struck<TGiven extends readonly unknown[], T>(name: keyof SandboxDesk, work: (...given: TGiven) => T): (...given: TGiven) => T {
    return (...given) => {
      const kind = strikeCall(book, callNames[name], random)?.kind ?? null
      if (kind !== null && isBeforeEffect(kind)) throw new NoAnswer(`The sandbox was asked for this: ${kind}.`)
      const answer = work(...given)
      if (kind !== null) throw new NoAnswer(`The sandbox was asked for this: ${kind}.`)
      return answer
    }
  }
  return {
    create: struck('create', book.create),
    resume: struck('resume', book.resume),
    capture: struck('capture', book.capture),
    cancel: struck('cancel', book.cancel),
    refund: struck('refund', book.refund),
    get: struck('get', book.get),
    findByReference: struck('findByReference', book.findByReference),
    lines: struck('lines', book.lines),
  }
}
