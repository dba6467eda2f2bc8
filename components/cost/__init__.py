"""What an EKS stack costs, from its settings and a dated price table: floor, expected and ceiling."""
