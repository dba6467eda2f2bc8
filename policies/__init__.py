"""The policy pack: rules that stop a bad plan before it costs money or opens a door."""
