// The log for people who develop: the sentence first, then where in their own files the mistake is, then little of the rest. In
// production log.ts writes the same as lines of JSON.
import { isA, textOf } from './error-text.ts'
import { withoutSecrets } from './hidden.ts'
import { limits } from './limits.ts'
import { type Log, type LogFields, type LogLevel, ranks } from './log.ts'
import { framesOf } from './place.ts'

/** Writes what is of at least `least` through `print`. */
export function createPlainLog(least: LogLevel, print: (text: string) => void): Log {
  return {
    write(level, message, fields) {
      if (ranks[level] >= ranks[least]) print(withoutSecrets(plainText(message, fields)))
    },
  }
}

function plainText(message: string, fields: LogFields = {}): string {
  const { error, reason, ...others } = fields
  const words = 'error' in fields ? ` ${textOf(error)}` : typeof reason === 'string' ? ` ${reason}` : ''
  const facts = Object.entries(others).map(([name, value]) => `${name} ${typeof value === 'string' ? value : JSON.stringify(value)}`)
  return [`${message}${words}`, ...framesFor(error), ...(facts.length === 0 ? [] : [`    ${facts.join(', ')}`])].join('\n')
}

function framesFor(error: unknown): string[] {
  const stacks = causesOf(error).map((one) => framesOf(stackIn(one)))
  // The innermost cause is where it began.
  const frames = stacks.findLast((some) => some.some(({ isOwn }) => isOwn)) ?? stacks[0] ?? []
  const own = frames.filter(({ isOwn }) => isOwn).slice(0, limits.logOwnFramesMax)
  // It names file and line itself.
  if (own.length === 0 && isA(error, Error) && error.name === 'OwnCodeError') return []
  const shown = own.length > 0 ? own : frames.slice(0, limits.logOtherFramesMax)
  const left = frames.length - shown.length
  return [
    ...shown.map(({ text }) => `    at ${text}`),
    ...(left > 0 ? [`    and ${left} more${own.length > 0 ? ' in Kingpost, packages and Node' : ''}`] : []),
  ]
}

function causesOf(error: unknown): Error[] {
  const found: Error[] = []
  let next = error
  while (isA(next, Error) && found.length < limits.logCausesMax) {
    found.push(next)
    next = causeIn(next)
  }
  return found
}

function causeIn(error: Error): unknown {
  try {
    return error.cause
  } catch {
    return undefined
  }
}

function stackIn(error: Error): string {
  try {
    return String(error.stack)
  } catch {
    return ''
  }
}
