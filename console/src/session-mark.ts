/**
 * The session is a cookie that no script can read. This mark remembers that there should be one, so that whoever is signed out is
 * not asked for (and answered 401, which browsers write into their console). The console, the pages below /account and a storefront
 * of the same site share it.
 */
const key = 'kingpost.signedIn'

export function markSession(isThere: boolean): void {
  try {
    if (isThere) localStorage.setItem(key, 'yes')
    else localStorage.removeItem(key)
  } catch {
    // Storage may be forbidden: then the server is asked each time.
  }
}

/** Calls `listener` when another page of this browser leaves the mark. Answers what ends that. */
export function onMarked(listener: () => void): () => void {
  const look = (event: StorageEvent) => {
    if (event.key === key && event.newValue !== null) listener()
  }
  addEventListener('storage', look)
  return () => removeEventListener('storage', look)
}

export function mayHaveSession(): boolean {
  try {
    return localStorage.getItem(key) !== null
  } catch {
    return true
  }
}
