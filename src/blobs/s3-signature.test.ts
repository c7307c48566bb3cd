// The example of the documentation: GET Bucket Lifecycle.
// https://docs.aws.amazon.com/AmazonS3/latest/API/sig-v4-header-based-auth.html
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { signS3 } from './s3-signature.ts'

test('a request is signed as the documentation has it', () => {
  const { authorization } = signS3(
    {
      method: 'GET',
      url: new URL('https://examplebucket.s3.amazonaws.com/?lifecycle='),
      headers: {},
      body: Buffer.alloc(0),
      now: Date.parse('2013-05-24T00:00:00Z'),
    },
    { accessKey: 'AKIAIOSFODNN7EXAMPLE', secretKey: 'wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY', region: 'us-east-1' },
  )
  assert.match(authorization!, /Signature=fea454ca298b7da1c68078a5d1bdbfbbe0d65c699e0f91ac7a200a0136783543$/)
})
