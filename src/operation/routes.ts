// Routes as operations name them (`PATCH /api/notes/:id`), and which of them an address is of. An address that stands in a
// route as it is has its own methods: those of a pattern that it would fit are not its.
export type Routed = { readonly method: string; readonly path: string }

export function routeOf(route: string): Routed {
  const [method, path] = route.split(' ') as [string, string]
  return { method, path }
}

/** The routes of an address, whatever their method. */
export function routesAt<T extends Routed>(routes: readonly T[], path: string): T[] {
  const exact = routes.filter((route) => route.path === path)
  return exact.length > 0 ? exact : routes.filter((route) => isPathOf(route.path, path))
}

export function isPathOf(pattern: string, path: string): boolean {
  const wanted = pattern.split('/')
  const given = path.split('/')
  return (
    wanted.length === given.length && wanted.every((part, index) => (part.startsWith(':') ? given[index] !== '' : part === given[index]))
  )
}

/** What stands in an address where its pattern has a name. @throws URIError */
export function parametersOf(pattern: string, path: string): Record<string, string> {
  const given = path.split('/')
  const named = pattern.split('/').flatMap((part, index) => (part.startsWith(':') ? [[part.slice(1), index] as const] : []))
  return Object.fromEntries(named.map(([name, index]) => [name, decodeURIComponent(given[index]!)]))
}
