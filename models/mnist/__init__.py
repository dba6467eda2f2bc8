"""The digit classifier of the TorchServe example: data, network, training, handler, archive, requests."""
