"""NVIDIA's software for machines with GPUs: images in versions that go together, as of `AS_OF`.

Facts: the chart and the static manifests of github.com/NVIDIA/k8s-device-plugin v0.18.2 (one image holds the
device plugin, the MPS control daemon and GPU feature discovery); deployment/examples of NVIDIA/dcgm-exporter
at 4.8.4; the kustomization of sigs.k8s.io/node-feature-discovery v0.18.3. Tags and not digests: a digest is
known only to those who can ask the registry, and these were written down without one.
"""

from __future__ import annotations

from datetime import date

AS_OF = date(2026, 11, 21)

DEVICE_PLUGIN = "nvcr.io/nvidia/k8s-device-plugin:v0.18.2"
DCGM_EXPORTER = "nvcr.io/nvidia/k8s/dcgm-exporter:4.6.1-4.8.4-distroless"
