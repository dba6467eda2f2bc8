"""What is so about the world outside: pure data with its source, without Pulumi and without settings."""
