import { idlePorts, operationsOf } from '../engine/operations.ts'
import { openApiDocument } from '../http/openapi.ts'
import { compileConfig, loadConfig } from './load-config.ts'
import type { ProcessSettings } from './settings.ts'

/** `kingpost openapi`: the document of a config, without starting anything. */
export async function exportOpenApi(settings: ProcessSettings): Promise<number> {
  const loaded = await loadConfig(settings.configPath)
  const publicUrl = settings.publicUrl ?? `http://localhost:${settings.port}`
  const backend = compileConfig(loaded, { publicUrl, isDevelopment: true })
  const operations = operationsOf(backend, idlePorts)
  process.stdout.write(
    `${JSON.stringify(openApiDocument(operations, [], { name: backend.project.name, version: '1', publicUrl }), null, 2)}\n`,
  )
  return 0
}
