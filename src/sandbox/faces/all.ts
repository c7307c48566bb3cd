// The faces that `kingpost sandbox` serves.
import type { Face } from './face.ts'

export const faces: readonly Face[] = []
