import assert from 'node:assert/strict'
import { test } from 'node:test'
import { collection } from '../../schema/collection.ts'
import { field } from '../../schema/field.ts'
import { compileModel } from '../../schema/model.ts'
import { keyName, keyOf, keySql, sqlType, uniqueKeys } from './columns.ts'

const wide = collection('wide', {
  prefix: 'wide',
  fields: {
    slug: field.text({ required: true, unique: true, max: 40 }),
    title: field.text({ required: true }),
    body: field.longText(),
    link: field.url(),
    state: field.enum(['on', 'off'], { required: true }),
    author: field.ref('wide'),
    price: field.money(),
    isOpen: field.boolean(),
  },
  indexes: [['title'], ['link'], ['-createdAt'], ['state', '-createdAt'], ['price.currency'], ['title', 'link', 'state']],
})
const model = compileModel([wide as never])
const own = model.get(wide)
const type = (path: string) => sqlType(own, own.columns.get(path)!)
const keys = own.indexes.map((index) => keySql(keyOf(own, index)))

test('a text has a length where an index needs it, and none else', () => {
  assert.equal(type('id'), 'varchar(100)')
  assert.equal(type('slug'), 'varchar(100)')
  assert.equal(type('title'), 'varchar(255)')
  assert.equal(type('author'), 'varchar(100)')
  assert.equal(type('body'), 'longtext')
  // 2,000 characters are more bytes than a key holds.
  assert.equal(type('link'), 'longtext')
  assert.equal(type('price.amount'), 'bigint')
  assert.equal(type('isOpen'), 'tinyint(1)')
})

test('an index ends with the id, in the direction of its last key', () => {
  assert.ok(keys.includes('index `wide_createdAt_desc_index` (`createdAt` desc,`id` desc)'))
  assert.ok(keys.includes('index `wide_state_createdAt_desc_index` (`state`,`createdAt` desc,`id` desc)'))
  assert.ok(keys.includes('index `wide_author_index` (`author`,`id`)'))
  assert.ok(keys.includes('unique index `wide_slug_key` (`slug`)'))
})

test('a column too wide for its key stands there with its beginning', () => {
  assert.ok(keys.includes('index `wide_link_index` (`link`(100),`id`)'))
  assert.ok(keys.includes('index `wide_title_link_state_index` (`title`(100),`link`(100),`state`,`id`)'))
})

test('a unique key that cannot be had whole is refused with a sentence', () => {
  const narrow = collection('links', { prefix: 'link', fields: { link: field.url({ required: true, unique: true }) } })
  const links = compileModel([narrow as never]).get(narrow)
  assert.throws(() => keyOf(links, links.indexes[0]!), /links\.link .*768 characters.*smaller max/)
})

test('a name too long for the server is shortened, and stays its own', () => {
  const long = `${'a'.repeat(60)}_index`
  assert.equal(keyName(long).length, 64)
  assert.notEqual(keyName(long), keyName(`${'a'.repeat(61)}_index`))
  assert.equal(keyName('short_key'), 'short_key')
  assert.deepEqual(uniqueKeys(model).get('wide_slug_key'), ['slug'])
})
