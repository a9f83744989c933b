# Builds callgate's wheel and the environment that it runs in, then leaves everything but that environment behind.
#
#   docker build -t callgate .
#   docker run --read-only --tmpfs /tmp --cap-drop ALL --security-opt no-new-privileges \
#     -v callgate-data:/var/lib/callgate -p 127.0.0.1:8000:8000 callgate
#
# A tag can be moved to another image; a digest cannot. For production, pin it:
#   docker build --build-arg PYTHON_IMAGE=python:3.11-slim-bookworm@sha256:... .
ARG PYTHON_IMAGE=python:3.11-slim-bookworm

FROM ${PYTHON_IMAGE} AS build
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1 PIP_ROOT_USER_ACTION=ignore
WORKDIR /build

# Every file is checked against the lock where it comes in. From then on there is no network and nothing to choose:
# pip takes what the wheel asks for out of this folder, so the lock's tools for developers stay behind with it.
COPY requirements.lock ./
RUN pip download --no-deps --only-binary :all: --require-hashes --requirement requirements.lock --dest packages

COPY LICENSE pyproject.toml ./
COPY migrations migrations
COPY src src
RUN python -m venv tools \
    && tools/bin/pip install --no-index --find-links packages hatchling \
    && tools/bin/pip wheel --no-index --no-deps --no-build-isolation --wheel-dir dist . \
    && python -m venv --without-pip /opt/callgate \
    && pip --python /opt/callgate/bin/python install --no-index --find-links packages dist/callgate-*.whl

FROM ${PYTHON_IMAGE}
LABEL org.opencontainers.image.title="callgate" \
      org.opencontainers.image.licenses="Apache-2.0"

# A number of its own, so that the owner of the volume's files is nobody else on the host.
RUN groupadd --gid 10001 callgate \
    && useradd --uid 10001 --gid callgate --no-create-home --home-dir /var/lib/callgate --shell /usr/sbin/nologin callgate \
    && install --directory --owner callgate --group callgate --mode 0700 /var/lib/callgate
COPY --from=build /opt/callgate /opt/callgate
ENV PATH=/opt/callgate/bin:$PATH PYTHONDONTWRITEBYTECODE=1 PYTHONUNBUFFERED=1

# The embedded database and the generated keys go to ./var, hence to the volume: the only place that is written to.
WORKDIR /var/lib/callgate
VOLUME /var/lib/callgate
USER 10001:10001

EXPOSE 8000
STOPSIGNAL SIGTERM
# Asks the service itself, past any proxy that the environment names.
HEALTHCHECK --interval=10s --timeout=3s --start-period=20s --retries=3 \
    CMD ["python", "-c", "from urllib.request import ProxyHandler, build_opener; build_opener(ProxyHandler({})).open('http://127.0.0.1:8000/readyz', timeout=2)"]
ENTRYPOINT ["callgate"]
CMD ["serve", "--host", "0.0.0.0", "--port", "8000"]
