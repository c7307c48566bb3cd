// V8's young generation, which kingpost.js holds at its first size while modules are loaded and a database is filled: nearly all of
// that stays, so V8 would double it four times, to 33 MB, and give none of it back to a server at rest.
import { flushCompileCache } from 'node:module'
import { setFlagsFromString } from 'node:v8'

/** From now on it doubles as V8 sees fit: by how much of it outlives its collections. */
export function letYoungGenerationGrow(): void {
  // What V8 compiled is of use under the flags that it was written under.
  flushCompileCache()
  setFlagsFromString('--semi-space-growth-factor=2')
}
