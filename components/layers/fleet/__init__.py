"""What makes machines of a fleet useful: GPUs shown to pods, their metrics, and machines that come and go."""
