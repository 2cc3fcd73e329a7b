# Two images: `api` (no torch) and `worker` (with torch). Versions are those of requirements.lock.

FROM python:3.11.13-slim-bookworm AS base
ENV PATH=/opt/groklab/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    HOME=/tmp \
    GROKLAB_STATE_DIR=/tmp/groklab
RUN groupadd --gid 10001 groklab && useradd --uid 10001 --gid groklab --no-create-home --home-dir /tmp groklab


FROM base AS build-api
WORKDIR /src
RUN python -m venv /opt/groklab
COPY pyproject.toml requirements.lock README.md LICENSE ./
COPY core core
COPY worker worker
COPY migrations migrations
COPY api api
RUN pip install --no-cache-dir --constraint requirements.lock .


FROM build-api AS build-worker
# Where torch comes from. The lock names a release; its builds for CPU and CUDA differ in their index alone.
ARG TORCH_INDEX=https://download.pytorch.org/whl/cpu
RUN grep '^torch==' requirements.lock > torch.txt \
    && pip install --no-cache-dir --no-deps --index-url "$TORCH_INDEX" --requirement torch.txt
RUN pip install --no-cache-dir --constraint requirements.lock '.[train,fast]'
# Compiled steps are kept by the processor they were compiled for: another one compiles its own, once.
ENV NUMBA_CACHE_DIR=/var/cache/groklab
RUN mkdir --parents "$NUMBA_CACHE_DIR" \
    && OMP_NUM_THREADS=1 python -P -c "from worker.warm_up import warm_up; warm_up('cpu')"


FROM base AS api
COPY --from=build-api /opt/groklab /opt/groklab
USER 10001:10001
CMD ["groklab", "api"]


FROM base AS worker
ENV NUMBA_CACHE_DIR=/var/cache/groklab
COPY --from=build-worker /opt/groklab /opt/groklab
COPY --from=build-worker --chown=10001:10001 /var/cache/groklab /var/cache/groklab
USER 10001:10001
CMD ["groklab", "worker", "--queue", "cpu"]
