// A process that dies at each statement of what happens to an order's money (fault-points.test.ts tells of all other steps): of a
// transaction that is cut nothing is there, and the shop, started again, ends as if nobody had died.
// databases: sqlite, postgres
// slow: postgres
import { test } from 'node:test'
import { diesAtEach } from '../support/dies-at-each.ts'
import { courses } from '../support/money-courses.ts'

// proves P-001 P-002
for (const course of courses)
  test(`${course.name}, whichever statement it dies at`, async (t) => {
    await diesAtEach(t, course, { isPoint: (step) => step.startsWith('statement: ') })
  })
