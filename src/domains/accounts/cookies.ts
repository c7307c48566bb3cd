import type { Project } from '../../config/project.ts'

/** Which scripts cannot read and other sites cannot send with what they post. */
export function cookieOf(
  { publicUrl }: Project,
  { name, value, maxAgeSeconds }: { readonly name: string; readonly value: string; readonly maxAgeSeconds: number },
): string {
  const secure = publicUrl.startsWith('https:') ? '; Secure' : ''
  return `${name}=${value}; Path=/; HttpOnly; SameSite=Lax; Max-Age=${maxAgeSeconds}${secure}`
}

/** Null where there is none of this name. */
export function cookieIn(header: string | undefined, name: string): string | null {
  for (const pair of header?.split(';') ?? []) {
    const [given, value] = pair.trim().split('=', 2)
    if (given === name && value) return value
  }
  return null
}
