FROM node:24-slim
WORKDIR /app
ENV NODE_ENV=production

# Before the code, so that a change of code does not install everything anew.
COPY package.json package-lock.json ./
RUN npm ci --omit=dev --ignore-scripts && npm cache clean --force

COPY activities/ activities/
COPY agents/ agents/
COPY api/ api/
COPY cli/ cli/
COPY client/ client/
COPY contract/ contract/
COPY conversation/ conversation/
COPY mcp/ mcp/
COPY model/ model/
COPY remote/ remote/
COPY store/ store/
COPY stream/ stream/
COPY tools/ tools/
COPY worker/ worker/
COPY workflows/ workflows/
COPY config.ts index.ts ./
RUN npm run build

# A new volume takes over the owner of the folder that it is mounted on.
RUN install --directory --owner=node --group=node /data
USER node
CMD ["node", "cli/meanwhile.js", "start"]
