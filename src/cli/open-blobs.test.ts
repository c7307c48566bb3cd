import assert from 'node:assert/strict'
import { test } from 'node:test'
import { azurePlaceOf, s3PlaceOf } from './open-blobs.ts'
import { UsageError } from './settings.ts'

test('the address of a bucket is taken apart, and a wrong one is refused without telling its secret', () => {
  assert.deepEqual(s3PlaceOf('s3://KEY:a%2Fb%2Bc@s3.eu-central-1.amazonaws.com/our-files?region=eu-central-1'), {
    url: 'https://s3.eu-central-1.amazonaws.com/our-files',
    accessKey: 'KEY',
    secretKey: 'a/b+c',
    region: 'eu-central-1',
  })
  assert.equal(s3PlaceOf('s3+http://KEY:SECRET@127.0.0.1:7070/bucket/').url, 'http://127.0.0.1:7070/bucket')
  for (const wrong of [
    's3://127.0.0.1/bucket',
    's3://KEY:SECRET@host',
    'https://KEY:SECRET@host/bucket',
    's3://KEY:SECRET@host/a/b',
    'hush',
  ])
    assert.throws(
      () => s3PlaceOf(wrong),
      (error) => error instanceof UsageError && /s3:\/\/KEY:SECRET@HOST\/BUCKET/.test(error.message) && !error.message.includes(wrong),
    )
})

test('the address of a container is taken apart', () => {
  assert.deepEqual(azurePlaceOf('azure://acc:a%2Fb%2Bc%3D%3D@acc.blob.core.windows.net/our-files'), {
    url: 'https://acc.blob.core.windows.net/our-files',
    account: 'acc',
    key: 'a/b+c==',
  })
  assert.equal(azurePlaceOf('azure+http://acc:k@127.0.0.1:10000/acc/files/').url, 'http://127.0.0.1:10000/acc/files')
  for (const wrong of [
    'azure://host/files',
    'azure://acc:k@host',
    'azure://acc:k@host/a/b/c',
    'azure://acc:k@host/A_b',
    'azured://acc:k@host/files',
  ])
    assert.throws(
      () => azurePlaceOf(wrong),
      (error) => error instanceof UsageError && /azure:\/\/ACCOUNT:KEY@/.test(error.message) && !error.message.includes(wrong),
    )
})
