import { readFileSync } from 'node:fs';
import {
  LoggerService,
  resolvePackagePath,
} from '@backstage/backend-plugin-api';
import { createValidatedOpenApiRouterFromGeneratedEndpointMap } from '@backstage/backend-openapi-utils';
import { Router } from 'express';
import { parse } from 'yaml';

/** Holds requests and answers against `openapi.yaml`. */
export function createValidation(logger: LoggerService): Router {
  return createValidatedOpenApiRouterFromGeneratedEndpointMap<{}>(
    readOpenApi(),
    {
      validatorOptions: {
        validateResponses: {
          onError: error => {
            logger.error(
              `An answer does not fit openapi.yaml: ${error.message}`,
            );
            throw error;
          },
        },
      },
    },
  ) as unknown as Router;
}

function readOpenApi() {
  return parse(
    readFileSync(
      resolvePackagePath(
        '@gitops-infra/backstage-plugin-gitops-backend',
        'openapi.yaml',
      ),
      'utf8',
    ),
  );
}
