import assert from 'node:assert/strict'
import { test } from 'node:test'
import { helpOf } from './help.ts'
import { commandOptions, options, UsageError } from './settings.ts'

test('each command has a help of its own, with its options and no others', () => {
  const all = helpOf(undefined)
  const commands = new Set([...all.matchAll(/^ {2}kingpost (\w+)/gm)].map(([, name]) => name!))
  assert.ok(commands.size > 9)
  for (const command of commands) {
    if (command === 'help') continue
    const text = helpOf(command)
    assert.match(text, new RegExp(`^  kingpost ${command} `))
    assert.deepEqual(new Set([...text.matchAll(/^ {2}kingpost (\w+)/gm)].map(([, name]) => name!)), new Set([command]))
    for (const line of text.split('\n')) assert.ok(all.includes(line), line)
  }
  assert.match(helpOf('start'), /--port N/)
  assert.match(helpOf('migrate'), /--allow-destructive/)
  assert.doesNotMatch(helpOf('verify'), /--port/)
  assert.equal(helpOf('help'), all)
  assert.throws(() => helpOf('strat'), UsageError)
})

test('the help of each command names what it takes, and the help of all names everything', () => {
  const all = helpOf(undefined)
  const says = (text: string, name: string) => new RegExp(`^  --${name} `, 'm').test(text)
  for (const [command, taken] of Object.entries(commandOptions)) {
    const named = [...helpOf(command).matchAll(/^ {2}--([\w-]+) /gm)].map(([, name]) => name!)
    assert.deepEqual(named.toSorted(), taken.toSorted(), command)
    assert.match(all, new RegExp(`^  kingpost ${command} `, 'm'))
  }
  const taken = new Set(Object.values(commandOptions).flat())
  for (const name of Object.keys(options)) {
    assert.ok(says(all, name), name)
    assert.ok(taken.has(name as keyof typeof options) || ['help', 'version'].includes(name), name)
  }
  for (const [, name = ''] of all.matchAll(/--([a-z][\w-]+)/g)) assert.ok(Object.hasOwn(options, name), name)
})
