// The value is that of @azure/storage-blob 12.32.0 for the same request.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { signAzure } from './azure-signature.ts'

test("a request is signed as Microsoft's own library signs it", () => {
  const { authorization } = signAzure(
    {
      method: 'PUT',
      url: new URL(`http://127.0.0.1:10000/ours/files/${'a'.repeat(32)}?comp=block&blockid=MDAwMDAx`),
      headers: { 'content-type': 'application/octet-stream', 'x-ms-client-request-id': 'one' },
      body: Buffer.from('bytes'),
      now: Date.parse('2026-11-29T21:00:00Z'),
    },
    { account: 'ours', key: Buffer.from('a key of ours').toString('base64') },
  )
  assert.equal(authorization, 'SharedKey ours:cexr2jCsvDJlnLbBJrziCqbwRsdmbpjelks5OGQDcuU=')
})
