/** Does the work whenever it is asked to, one at a time: asked meanwhile, once more. */
export function createPump(work: () => Promise<void>) {
  let isRunning = false
  let isWanted = false
  return {
    isRunning: () => isRunning,
    async ask(): Promise<void> {
      isWanted = true
      if (isRunning) return
      isRunning = true
      try {
        while (isWanted) {
          isWanted = false
          await work()
        }
      } finally {
        isRunning = false
      }
    },
  }
}
