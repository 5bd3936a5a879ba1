import { serviceInfo } from '../../contract/service.ts';
import { callWorkflowId, conversationWorkflowId } from '../../contract/names.ts';
import { packageVersion } from '../../tools/version.ts';
import type { Api, ApiDependencies } from '../dependencies.ts';
import { problemResponses } from '../problems.ts';
import { tenantOf } from '../tenant.ts';

export function aboutRoute(app: Api, { about = {} }: Pick<ApiDependencies, 'about'>): void {
  app.get(
    '/v1/service',
    {
      config: { needs: 'read' },
      schema: {
        operationId: 'describeService',
        summary: 'What this service is',
        description: 'For a user interface: who answers, and where Temporal shows a workflow.',
        tags: ['service'],
        response: { 200: serviceInfo, ...problemResponses() },
      },
    },
    (request) => {
      const { demoModel = false, temporalUi } = about;
      const tenant = tenantOf(request);
      const url = (workflowId: string) =>
        `${temporalUi!.url}/namespaces/${encodeURIComponent(temporalUi!.namespace)}/workflows/${encodeURIComponent(workflowId)}`;
      return {
        version: packageVersion(),
        demo_model: demoModel,
        ...(temporalUi && {
          temporal_ui: {
            conversation: url(conversationWorkflowId({ tenant, id: '' })),
            call: url(callWorkflowId(tenant, '')),
          },
        }),
      };
    },
  );
}
