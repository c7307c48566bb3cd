import assert from 'node:assert/strict'
import { test } from 'node:test'
import { agentName } from './agent-name.ts'
import { limits } from './limits.ts'

const table: readonly (readonly [header: string | undefined, name: string])[] = [
  [undefined, ''],
  ['', ''],
  [
    'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36',
    'Chrome 142, Windows',
  ],
  ['Mozilla/5.0 (Windows NT 10.0) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36 Edg/142.0.1', 'Edge 142, Windows'],
  ['Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) HeadlessChrome/140.0.0.0 Safari/537.36', 'Chrome 140, Linux'],
  ['Mozilla/5.0 (X11; CrOS x86_64 16181) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/141.0.0.0 Safari/537.36', 'Chrome 141, ChromeOS'],
  [
    'Mozilla/5.0 (Linux; Android 14; SM-S918B) AppleWebKit/537.36 (KHTML, like Gecko) SamsungBrowser/25.0 Chrome/121.0 Mobile Safari/537.36',
    'Samsung Internet 25, Android',
  ],
  [
    'Mozilla/5.0 (iPhone; CPU iPhone OS 18_1 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.1 Mobile/15E148 Safari/604.1',
    'Safari 18, iOS',
  ],
  [
    'Mozilla/5.0 (iPad; CPU OS 17_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) CriOS/131.0.6778 Mobile/15E148 Safari/604.1',
    'Chrome 131, iOS',
  ],
  [
    'Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.3 Safari/605.1.15',
    'Safari 18, macOS',
  ],
  ['Mozilla/5.0 (Macintosh; Intel Mac OS X 10.15; rv:145.0) Gecko/20100101 Firefox/145.0', 'Firefox 145, macOS'],
  [
    'Mozilla/5.0 (Windows NT 10.0) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/120.0.0.0 Safari/537.36 OPR/106.0.0.0',
    'Opera 106, Windows',
  ],
  ['curl/8.5.0', 'curl/8.5.0'],
  ['python-requests/2.32.3', 'python-requests/2.32.3'],
  ['node', 'node'],
  ['Mozilla/5.0 (compatible; a crawler; +http://x.example)', 'Mozilla/5.0'],
  ['\u00e4\u00f6\tx', ''],
  ['(nothing)', ''],
]

test('a header is told in a few words', () => {
  for (const [header, name] of table) assert.equal(agentName(header), name, header ?? 'none')
})

test('whatever is sent, it is short and of printable ASCII, and as quickly told', () => {
  for (const header of [
    'x'.repeat(10_000),
    `Chrome/${'9'.repeat(5000)}`,
    'Version/1'.repeat(2000),
    `\u0000\u007f"<script>${'\u{1f600}'.repeat(99)}`,
  ])
    assert.match(agentName(header), new RegExp(`^[\\x20-\\x7e]{0,${limits.agentNameCharactersMax}}$`))
  for (let count = 0; count < limits.agentNamesKeptMax * 2; count++) assert.equal(agentName(`bot/${count}`), `bot/${count}`)
})
