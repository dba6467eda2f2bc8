"""Programs that run inside the images this project builds."""
