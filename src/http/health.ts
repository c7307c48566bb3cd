/** What a load balancer or a supervisor asks. Always answered. */
export const healthPaths: readonly string[] = ['/livez', '/readyz']
