"""TorchServe with KServe's protocols in front of it: one process speaks them and keeps TorchServe running.

Why not the `kserve` package that the official image puts there: measured in this image, it takes 285 MB
(pandas, kubernetes, numpy: newer than torch 1.13 accepts, so an interpreter environment of its own), 2.8 s of
CPU to import and 135 MB of memory in every pod, for a server that passes JSON on. This one takes 32 MB, 0.3 s
and 50 MB, speaks v1 and v2 whichever of them the model store was configured for, and is its own supervisor.
"""
