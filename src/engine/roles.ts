// What a process is for. `api`: requests and live streams; `worker`: schedules, and effects but mail;
// `mail`: effects that send mail. One process may have all of them; each may run in any number.
import type { EffectRole } from '../effects/claim.ts'

export type Role = 'api' | EffectRole
export const allRoles: readonly Role[] = ['api', 'worker', 'mail']
