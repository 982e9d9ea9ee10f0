# The proxy, from the packed package and the versions of package-lock.json:
#
#   npm pack && docker build --tag cordon .
#
# A base image is pinned by its exact tag, which whoever owns it can move. To pin its bytes as well, add the digest that
# `docker buildx imagetools inspect node:24.21.0-trixie-slim` prints: FROM node:24.21.0-trixie-slim@sha256:… AS …

FROM node:24.21.0-trixie-slim AS install
WORKDIR /opt/cordon
# One tarball: two would be two versions, and COPY then fails.
COPY cordon-*.tgz /tmp/cordon.tgz
COPY package-lock.json ./
RUN tar --extract --gzip --file=/tmp/cordon.tgz --strip-components=1 --no-same-owner
# Installs through a registry of one's own with `--secret id=npmrc,src=$HOME/.npmrc`.
RUN --mount=type=secret,id=npmrc,target=/root/.npmrc \
    npm ci --omit=dev --ignore-scripts --no-audit --no-fund && chmod -R a+rX,go-w .

FROM node:24.21.0-trixie-slim
LABEL org.opencontainers.image.title="cordon" \
      org.opencontainers.image.description="A package firewall whose policy is code: the proxy." \
      org.opencontainers.image.licenses="Apache-2.0"
# Nothing is installed where the proxy runs. The volume's folder has the user's number, which a new volume takes over.
RUN rm -rf /usr/local/lib/node_modules /usr/local/bin/npm /usr/local/bin/npx /usr/local/bin/corepack /opt/yarn-* /usr/local/bin/yarn /usr/local/bin/yarnpkg \
    && install --directory --owner=65532 --group=65532 --mode=0700 /var/lib/cordon
COPY --from=install /opt/cordon /opt/cordon
ENV NODE_ENV=production NO_COLOR=1
USER 65532:65532
WORKDIR /var/lib/cordon
VOLUME ["/var/lib/cordon"]
EXPOSE 4873
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=15s --timeout=5s --start-period=30s --retries=3 \
    CMD ["node", "--eval", "fetch('http://127.0.0.1:4873/-/healthz').then(({ ok }) => process.exit(ok ? 0 : 1), () => process.exit(1))"]
ENTRYPOINT ["node", "/opt/cordon/dist/cli/bin/run.js"]
CMD ["proxy", "--config", "/etc/cordon/cordon.yaml", "--listen", "0.0.0.0:4873", "--state", "/var/lib/cordon"]
