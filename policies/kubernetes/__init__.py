"""What rules over Kubernetes objects share: where containers are, and how a finding shows what it found."""
