"""A cluster on Amazon EKS. Only these files know the SDK of AWS, and only its stacks import them."""
