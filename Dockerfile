# The command llmsim in a container: docker build -t llmsim . && docker run --rm -v "$PWD:/work" llmsim run
FROM mcr.microsoft.com/dotnet/sdk:10.0 AS build
ARG TARGETARCH
COPY . /source
WORKDIR /source
RUN LLMSIM_SYSTEMS="linux-$([ "$TARGETARCH" = arm64 ] && echo arm64 || echo x64)" ./publish.sh binaries \
 && mv .build/publish/llmsim-*-linux-* /llmsim

FROM mcr.microsoft.com/dotnet/runtime-deps:10.0
COPY --from=build /llmsim /opt/llmsim
RUN ln -s /opt/llmsim/llmsim /usr/local/bin/llmsim && mkdir -m 1777 /work /cache
# Native libraries are unpacked once, and compiled policies are kept, where any user may write.
ENV DOTNET_BUNDLE_EXTRACT_BASE_DIR=/cache/bundle LLMSIM_CACHE=/cache/llmsim
USER 1000
WORKDIR /work
ENTRYPOINT ["llmsim"]
