// Loaded before anything else (`node --import`): puts one mutant's text in place of the source's, in memory, as it is read.
import { registerHooks } from 'node:module'
import { fileURLToPath } from 'node:url'
import { defenceNamed, mutated, root } from './defences.ts'

const defence = defenceNamed(process.env['MUTANT'] ?? '')
let isPlanted = false
registerHooks({
  load(url, context, nextLoad) {
    const loaded = nextLoad(url, context)
    if (!url.startsWith('file:') || fileURLToPath(url) !== `${root}/${defence.file}`) return loaded
    isPlanted = true
    return { ...loaded, source: mutated(defence, String(loaded.source)) }
  },
})
process.on('exit', () => {
  if (!isPlanted) throw new Error(`${defence.file} was never loaded: nothing was tried.`)
})
