"""What is installed on the cluster: one file a layer, each with its constants, Args, Outputs and class."""
