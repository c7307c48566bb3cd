// `npm start` and `npm run dev` put npm and a shell before this process. Whoever ends npm by its id ends the shell as well, and
// the shell tells nobody: what it had started would go on, and hold the data and the port.

/** A person who ended it looks for the result, and types the next command. */
const lookMs = 250

/** Calls `end` once when npm has started this process and the shell between them is gone. */
export function endWithNpm(environment: Readonly<Record<string, string | undefined>>, end: () => void): void {
  if (environment['npm_lifecycle_event'] === undefined) return
  const parent = process.ppid
  const timer = setInterval(() => {
    if (process.ppid === parent) return
    clearInterval(timer)
    end()
  }, lookMs)
  timer.unref()
}
