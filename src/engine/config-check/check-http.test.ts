import assert from 'node:assert/strict'
import { test } from 'node:test'
import { checkHttp } from './check-http.ts'

const mistakes = (http: unknown) => {
  const found: string[] = []
  checkHttp(http, 'http', (path, message) => void found.push(`${path}: ${message}`))
  return found
}

test('what may stand in http passes', () => {
  for (const http of [
    {},
    { cors: { origins: [] } },
    { cors: { origins: ['https://app.example', 'http://localhost:5173'] } },
    { contentSecurityPolicy: { 'img-src': ['https://images.example', 'blob:'], 'script-src': ["'sha256-abc='"] } },
  ])
    assert.deepEqual(mistakes(http), [])
})

test('each mistake is named with its path', () => {
  const rows: [unknown, RegExp][] = [
    [[], /^http: /],
    [{ corz: {} }, /^http\.corz: .*there are cors/],
    [{ cors: true }, /^http\.cors: /],
    [{ cors: { origin: '*' } }, /^http\.cors\.origin: /],
    [{ cors: {} }, /^http\.cors\.origins: /],
    [{ cors: { origins: '*' } }, /^http\.cors\.origins: /],
    [{ cors: { origins: ['*'] } }, /^http\.cors\.origins\[0\]: /],
    [{ cors: { origins: ['null'] } }, /^http\.cors\.origins\[0\]: /],
    [{ cors: { origins: [1] } }, /^http\.cors\.origins\[0\]: /],
    [{ cors: { origins: ['https://app.example/'] } }, /^http\.cors\.origins\[0\]: .*did you mean "https:\/\/app\.example"/],
    [{ cors: { origins: ['https://*.example'] } }, /^http\.cors\.origins\[0\]: /],
    [{ cors: { origins: ['https://App.example'] } }, /^http\.cors\.origins\[0\]: .*did you mean/],
    [{ cors: { origins: ['ftp://app.example'] } }, /^http\.cors\.origins\[0\]: /],
    [{ contentSecurityPolicy: 'img-src *' }, /^http\.contentSecurityPolicy: /],
    [{ contentSecurityPolicy: { 'default-src': ["'self'"] } }, /^http\.contentSecurityPolicy\.default-src: /],
    [{ contentSecurityPolicy: { 'img-src': 'https://a.example' } }, /^http\.contentSecurityPolicy\.img-src: /],
    [{ contentSecurityPolicy: { 'img-src': ['a; script-src *'] } }, /^http\.contentSecurityPolicy\.img-src\[0\]: /],
    [{ contentSecurityPolicy: { 'img-src': ['a\r\nX: y'] } }, /^http\.contentSecurityPolicy\.img-src\[0\]: /],
  ]
  for (const [http, pattern] of rows) {
    const found = mistakes(http)
    assert.ok(found.length === 1 || (found.length === 2 && JSON.stringify(http).includes('origin"')), JSON.stringify([http, found]))
    assert.match(found[0]!, pattern)
  }
})
