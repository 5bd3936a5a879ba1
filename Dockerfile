# Built by `docker compose up --build`. What only a build needs stays out of the image.

# The page: built with development dependencies, which the service does not need.
FROM node:24.21.0-bookworm-slim AS page
WORKDIR /app
COPY package.json package-lock.json tsconfig.json ./
RUN npm ci --ignore-scripts && npm cache clean --force
COPY client/ client/
COPY contract/ contract/
COPY web/ web/
COPY cli/page.ts cli/
RUN node -e "import('./cli/page.ts').then(({ buildPage }) => buildPage())"

FROM node:24.21.0-bookworm-slim AS build
WORKDIR /app
ENV NODE_ENV=production

# Before the code, so that a change of code does not install everything again.
COPY package.json package-lock.json ./
RUN npm ci --omit=dev --ignore-scripts

COPY activities/ activities/
COPY agents/ agents/
COPY api/ api/
COPY cli/ cli/
COPY client/ client/
COPY contract/ contract/
COPY conversation/ conversation/
COPY harness/ harness/
COPY mcp/ mcp/
COPY model/ model/
COPY security/ security/
COPY settings/ settings/
COPY store/ store/
COPY stream/ stream/
COPY threads/ threads/
COPY tools/ tools/
COPY worker/ worker/
COPY workflows/ workflows/
COPY config.ts index.ts ./
COPY --from=page /app/build/page/ build/page/
# The compile cache belongs to the user that builds it, and the service runs as another.
RUN npm run build && rm -rf build/code

FROM node:24.21.0-bookworm-slim
WORKDIR /app
ENV NODE_ENV=production
# Owned by root: the service cannot change its own code. The root filesystem may be read-only; only /data and /tmp are written to.
COPY --from=build /app /app
# A new volume takes over the owner of the folder that it is mounted on.
RUN install --directory --owner=node --group=node /data
ENV MEANWHILE_HOME=/data
USER node
VOLUME /data
EXPOSE 3000
# Of an API at PORT, of a worker at MEANWHILE_PROBE_PORT.
HEALTHCHECK --interval=5s --timeout=5s --start-period=60s --retries=5 \
  CMD ["node", "--eval", "fetch(`http://127.0.0.1:${process.env.MEANWHILE_PROBE_PORT || process.env.PORT || 3000}/readyz`).then(({ ok }) => process.exit(ok ? 0 : 1))"]
CMD ["node", "--max-semi-space-size=16", "cli/meanwhile.js", "start"]
