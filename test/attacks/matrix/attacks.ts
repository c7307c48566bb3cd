// All attacks of the matrix, in their order.
import type { Attack } from './asks.ts'
import { filesAndLoad } from './files-and-load.ts'
import { hiddenData } from './hidden-data.ts'
import { input } from './input.ts'
import { objects } from './objects.ts'

export const attacks: readonly Attack[] = [...hiddenData, ...objects, ...input, ...filesAndLoad]
