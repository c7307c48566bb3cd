// What strangers write is looked at by patterns: the time that takes grows with the length alone. Where it grew with the square, this would take minutes.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { limits } from '../../base/limits.ts'
import { parseStsPolicy } from './mta-sts.ts'
import { readReport } from './read-report.ts'
import { trimReply } from './trim-reply.ts'

test('a report of nothing but ends of lines', { timeout: 60_000 }, () => {
  const mail = { headers: [], from: 'a@b.example', subject: '', text: '\n'.repeat(limits.reportCharactersMax), parts: [] }
  for (let again = 0; again < 40; again++) assert.equal(readReport(mail), null)
})

test('an answer whose lines might each introduce what is quoted', { timeout: 60_000 }, () => {
  const line = `On x wrote:${' '.repeat(limits.trimmedLineMax - 20)}x\n`
  const text = line.repeat(Math.floor(limits.trimmedCharactersMax / line.length))
  for (let again = 0; again < 300; again++) assert.equal(trimReply(text).hidden, '')
})

test('a policy of a domain whose line is nothing but blanks', { timeout: 60_000 }, () => {
  for (const end of ['x', '\u2028']) {
    const line = `mx:${' '.repeat(limits.mailPolicyCharactersMax / 2)}`
    for (let again = 0; again < 40; again++) assert.equal(parseStsPolicy(`version: STSv1\n${line}a${line}${end}`), null)
  }
})
