import type { ProcessSettings } from './settings.ts'
export async function verify(_settings: ProcessSettings): Promise<number> {
  return 0
}
