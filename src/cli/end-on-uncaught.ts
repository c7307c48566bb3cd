// What is thrown where nobody waits for it, such as in a timer of the config, ends the process, as it would without us. But Node
// writes the stack as it is, and that may hold a secret.
import { stackOf } from '../base/error-text.ts'
import { withoutSecrets } from '../base/hidden.ts'

export function endOnUncaught(): void {
  process.on('uncaughtException', (error) => {
    // While a config is loaded, and while a server runs, others answer for it.
    if (process.listenerCount('uncaughtException') > 1) return
    process.stderr.write(`${withoutSecrets(stackOf(error))}\n`, () => process.exit(1))
  })
}
