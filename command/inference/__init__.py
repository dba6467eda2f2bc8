"""Asking a model: requests through the ingress, answers judged, the hop that failed named."""
