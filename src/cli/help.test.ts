import assert from 'node:assert/strict'
import { test } from 'node:test'
import { helpOf } from './help.ts'
import { UsageError } from './settings.ts'

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
