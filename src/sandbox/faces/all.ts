// The faces that `kingpost sandbox` serves.
import type { Face } from './face.ts'
import { mollieFace } from './mollie.ts'
import { payPalFace } from './paypal.ts'
import { stripeFace } from './stripe.ts'

export const faces: readonly Face[] = [mollieFace, payPalFace, stripeFace]
