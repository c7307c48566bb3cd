// When an engine has nothing left to do: over a network an answer takes more than a turn of the event loop.

/** What a database that is reached over a network has been asked and has not answered. */
let asked = 0

/** Lets everything run that is ready to: all that was asked is answered, and nothing follows from it. */
export async function settled(turns = 12): Promise<void> {
  for (let quiet = 0; quiet < turns; ) {
    await new Promise((resolve) => setImmediate(resolve))
    quiet = asked === 0 ? quiet + 1 : 0
  }
}

/** The same storage, with every question counted until its answer. */
export function counted<T extends object>(target: T): T {
  return new Proxy(target, {
    get(at, name) {
      const value = Reflect.get(at, name) as unknown
      if (name === 'reader') return counted(value as object)
      if (typeof value !== 'function') return value
      return (...given: unknown[]) => {
        const answer: unknown = value.apply(at, given)
        if (!(answer instanceof Promise)) return answer
        asked++
        const answered = () => void asked--
        answer.then(answered, answered)
        return answer
      }
    },
  })
}
