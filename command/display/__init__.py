"""What a person sees while work is done: live in a terminal, line by line elsewhere."""
