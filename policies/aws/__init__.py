"""What several rules over AWS resources have to know: how resources refer to each other, and to what."""
