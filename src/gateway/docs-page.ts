import type { FastifyInstance } from 'fastify'

/** What browses the API, on an instance of its own: `GET /docs`, with a content policy of its own, as it is a page. */
export async function openDocs(pages: FastifyInstance, document: object): Promise<FastifyInstance> {
  const [{ default: swagger }, { default: swaggerUi }] = await Promise.all([import('@fastify/swagger'), import('@fastify/swagger-ui')])
  await pages.register(swagger, { mode: 'static', specification: { document: document as never } })
  await pages.register(swaggerUi, { routePrefix: '/docs', staticCSP: true })
  await pages.ready()
  return pages
}

/** Answers below /docs by pages that are loaded when somebody first looks: they would take a twentieth of every start. */
export function addDocs(app: FastifyInstance, open: () => Promise<FastifyInstance>): void {
  let opened: Promise<FastifyInstance> | undefined
  for (const url of ['/docs', '/docs/*'])
    app.get(url, async (request, reply) => {
      opened ??= open().catch((error: unknown) => {
        // The next look tries again.
        opened = undefined
        throw error
      })
      const pages = await opened
      reply.hijack()
      pages.routing(request.raw, reply.raw)
    })
}
