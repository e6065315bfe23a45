# The engine without a screen, on paper unless it is told otherwise; docs/operations.md says how it is run.

FROM python:3.11-slim AS build
WORKDIR /build
ENV PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1
RUN python -m venv /opt/hypertui
COPY requirements.txt requirements-all.txt ./
# What --metrics needs is pinned among all the extras, and is the only one of them that goes in.
RUN sed -n '/^prometheus-client==/,/[^\\]$/p' requirements-all.txt > metrics.txt && test -s metrics.txt
RUN /opt/hypertui/bin/python -m pip install --require-hashes -r requirements.txt \
    && /opt/hypertui/bin/python -m pip install --require-hashes --no-deps -r metrics.txt
COPY pyproject.toml README.md LICENSE ./
COPY hypertui hypertui
RUN /opt/hypertui/bin/python -m pip install --no-build-isolation --no-deps . \
    && /opt/hypertui/bin/python -m compileall -q /opt/hypertui/lib

FROM python:3.11-slim
RUN groupadd --gid 10001 hypertui \
    && useradd --uid 10001 --gid 10001 --no-create-home --home-dir /state --shell /usr/sbin/nologin hypertui \
    && install -d -m 700 -o 10001 -g 10001 /state
COPY --from=build /opt/hypertui /opt/hypertui
# Nothing but /state is written to: the root may be read-only.
ENV PATH=/opt/hypertui/bin:$PATH HOME=/state HYPERTUI_STATE_DIR=/state PYTHONDONTWRITEBYTECODE=1 LANG=C.UTF-8
WORKDIR /state
VOLUME /state
USER 10001:10001
STOPSIGNAL SIGTERM
# What is degraded, as a paused trade is, is no reason to do anything to the container.
HEALTHCHECK --interval=30s --timeout=15s --start-period=60s --retries=3 \
    CMD ["sh", "-c", "hypertui health --max-age 60 || [ $? -eq 1 ] || exit 1"]
ENTRYPOINT ["hypertui"]
CMD ["run", "--headless"]
