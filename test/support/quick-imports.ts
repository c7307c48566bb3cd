/**
 * Loaded before a test file: where one source names another by its path, that is where it is. Node would look for links on the way and
 * for the package around each, which takes a quarter of what loading all sources takes. A file that is not there fails as it is read.
 */
import { registerHooks } from 'node:module'

const root = new URL('../../', import.meta.url).href
const packages = `${root}node_modules/`

registerHooks({
  resolve(name, context, next) {
    const from = context.parentURL
    const isOurs = name.startsWith('.') && name.endsWith('.ts') && from?.startsWith(root) && !from.startsWith(packages)
    return isOurs ? { url: new URL(name, from).href, format: 'module-typescript', shortCircuit: true } : next(name, context)
  },
})
