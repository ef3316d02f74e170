import type { Route } from '../route.ts'
import { decisionRoutes } from './decisions.ts'
import { errorRoutes } from './errors.ts'
import { featureRoutes } from './features.ts'
import { healthRoutes } from './health.ts'
import { lineageRoutes } from './lineage.ts'
import { marketRoutes } from './market.ts'
import { modelRoutes } from './models.ts'
import { orderFlowRoutes } from './order-flow.ts'
import { predictRoutes } from './predict.ts'

/** Every path of the API except the pages of /docs. */
export const routes: readonly Route[] = [
  ...predictRoutes,
  ...decisionRoutes,
  ...modelRoutes,
  ...marketRoutes,
  ...orderFlowRoutes,
  ...featureRoutes,
  ...lineageRoutes,
  ...healthRoutes,
  ...errorRoutes,
]
