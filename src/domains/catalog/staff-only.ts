import { staff } from '../../access/rule.ts'

/** Who changes the catalogue. */
export const staffOnly = { create: staff, update: staff, delete: staff } as const
