// Codes of authenticator apps, against the RFC's own values and against another implementation: Debian's oathtool, where it is
// installed.
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { test } from 'node:test'
import { toBase32, totpCode, totpStep, totpUri } from './totp.ts'

/** RFC 6238 appendix B, of SHA-1: there with eight digits. */
const vectors: readonly (readonly [seconds: number, code: string])[] = [
  [59, '94287082'],
  [1_111_111_109, '07081804'],
  [1_111_111_111, '14050471'],
  [1_234_567_890, '89005924'],
  [2_000_000_000, '69279037'],
  [20_000_000_000, '65353130'],
]
const ofRfc = toBase32(Buffer.from('12345678901234567890'))
const bytesOf = (seed: string, count: number) => createHash('sha256').update(seed).digest().subarray(0, count)

test('the codes of RFC 6238, and base32 of RFC 4648', () => {
  for (const [seconds, code] of vectors) assert.equal(totpCode(ofRfc, Math.floor(seconds / 30)), code.slice(2), String(seconds))
  const texts = { '': '', f: 'MY', fo: 'MZXQ', foo: 'MZXW6', foob: 'MZXW6YQ', fooba: 'MZXW6YTB', foobar: 'MZXW6YTBOI' }
  for (const [text, encoded] of Object.entries(texts)) assert.equal(toBase32(Buffer.from(text)), encoded)
})

test('a code is good a step early and a step late, and never at or before the last one', () => {
  const now = 1_234_567_890_000
  const current = Math.floor(now / 30_000)
  const found = (step: number, lastStep = 0) => totpStep(ofRfc, totpCode(ofRfc, step), { now, lastStep })
  assert.deepEqual(
    [-2, -1, 0, 1, 2].map((off) => found(current + off)),
    [null, current - 1, current, current + 1, null],
  )
  assert.deepEqual(
    [-1, 0, 1].map((off) => found(current + off, current)),
    [null, null, current + 1],
  )
  assert.equal(totpStep(ofRfc, '', { now, lastStep: 0 }), null)
})

test('what an app reads names the project and the account, whatever stands in them', () => {
  const uri = new URL(totpUri(ofRfc, { issuer: 'A & B: "shop"?#', account: 'a+b&c@example.com' }))
  assert.deepEqual([uri.protocol, uri.host, decodeURIComponent(uri.pathname)], ['otpauth:', 'totp', '/A & B: "shop"?#:a+b&c@example.com'])
  const expected = { secret: ofRfc, issuer: 'A & B: "shop"?#', algorithm: 'SHA1', digits: '6', period: '30' }
  assert.deepEqual(Object.fromEntries(uri.searchParams), expected)
})

const isInstalled = spawnSync('oathtool', ['--version']).status === 0

test('the same codes as oathtool makes', { skip: isInstalled ? false : 'oathtool is not installed' }, () => {
  for (let count = 0; count < 50; count++) {
    const secret = toBase32(bytesOf(`secret ${count}`, 20))
    const seconds = bytesOf(`time ${count}`, 4).readUInt32BE()
    const { stdout } = spawnSync('oathtool', ['--totp', '--base32', `--now=@${seconds}`, secret], { encoding: 'utf8' })
    assert.equal(totpCode(secret, Math.floor(seconds / 30)), stdout.trim(), `${secret} at ${seconds}`)
  }
})
